using System.Collections.Concurrent;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using LocalLlm;
using Microsoft.Extensions.Time.Testing;
using static AsyncLlm.LlmFailureKind;

namespace AsyncLlm.IntegrationTests;

/// <summary>Anthropic's client with a throttle, as docs/runtime/adapters.md sets it up, over real HTTP.</summary>
public sealed class AnthropicThrottleTests : WaitingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_all_calls_at_once_none_is_lost_and_each_request_is_an_answer_or_a_refusal(bool streams)
    {
        const int Calls = 15;
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = 600, Burst = 1, Latency = TimeSpan.FromMilliseconds(200) });
        var throttle = new LlmThrottle();
        var client = Client(server, throttle);

        var answers = await Task.WhenAll(Enumerable.Range(0, Calls).Select(number => AskAsync(client, throttle, streams, $"Question {number}")));

        Assert.Equal(Enumerable.Range(0, Calls).Select(number => $"Summary: Question {number}"), answers);
        await server.WhenAsync(seen => seen.Completed == Calls, Deadline);
        var (seen, statistics) = (server.Statistics, throttle.GetStatistics());
        Assert.Equal(seen.Completed + seen.RateLimited, seen.Requests);
        Assert.Equal((Calls, seen.RateLimited, 0, 0), ((int)statistics.Succeeded, statistics.RateLimited, statistics.InFlight, statistics.Queued));
    }

    [Fact]
    public async Task What_the_answers_say_about_the_quota_reaches_the_throttle()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = 600 });
        var throttle = new LlmThrottle();

        await AskAsync(Client(server, throttle), throttle, streams: false, "hello");

        Assert.NotNull(throttle.GetStatistics().RequestsPerMinute);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_wait_the_server_asks_for_comes_by_the_handler(bool streams)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(429) with { To = 1, Headers = "retry-after=60" }] });
        var time = new FakeTimeProvider();
        var throttle = new LlmThrottle(new() { TimeProvider = time });

        var call = AskAsync(Client(server, throttle), throttle, streams, "hello");
        await WhileAsync(() => throttle.GetStatistics().Queued == 0);
        time.Advance(TimeSpan.FromSeconds(59));

        Assert.Equal((1, false), (server.Statistics.Requests, call.IsCompleted));
        Assert.InRange(throttle.GetStatistics().PausedFor, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10));
        await WhileAsync(() => !call.IsCompleted, () => PassWhileAllWait(time, throttle));
        Assert.Equal("Summary: hello", await call);
    }

    public static TheoryData<Fault, LlmFailureKind> Passing => new()
    {
        { Fault.Status(429), RateLimited },
        { Fault.Status(500), Transient },
        { Fault.Status(503), Overloaded },
        { Fault.Status(529), Overloaded },
        { Fault.Status(408), Transient },
        { Fault.Status(409), Transient },
        { Fault.Reset(), ConnectionFailed },
    };

    [Theory, MemberData(nameof(Passing))]
    public async Task What_passes_is_recognised_and_repeated(Fault fault, LlmFailureKind kind)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [fault with { To = 2 }] });
        var (time, retries) = (new FakeTimeProvider(), new ConcurrentQueue<LlmRetryEvent>());
        var throttle = new LlmThrottle(new() { TimeProvider = time, OnRetry = retries.Enqueue });
        var client = Client(server, throttle);

        var calls = new[] { false, true }.Select(streams => AskAsync(client, throttle, streams, "hello")).ToArray();
        await WhileAsync(() => !Task.WhenAll(calls).IsCompleted, () => PassWhileAllWait(time, throttle));

        Assert.All(await Task.WhenAll(calls), answer => Assert.Equal("Summary: hello", answer));
        Assert.Equal([kind, kind], retries.Select(retry => retry.Failure.Kind));
        Assert.All(retries, retry => Assert.IsAssignableFrom<AnthropicException>(retry.Exception));
    }

    [Theory]
    [InlineData("quota", "AnthropicContractSpendLimitReachedException", QuotaExhausted)]
    [InlineData("status=401", "AnthropicUnauthorizedException", Permanent)]
    [InlineData("status=400", "AnthropicBadRequestException", Permanent)]
    [InlineData("status=404", "AnthropicNotFoundException", Permanent)]
    public async Task What_does_not_pass_is_thrown_as_it_is_after_one_request(string fault, string exception, LlmFailureKind kind)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.ParseKind(fault)] });
        var throttle = new LlmThrottle();
        var client = Client(server, throttle);

        foreach (var streams in new[] { false, true })
        {
            var thrown = await Assert.ThrowsAnyAsync<AnthropicException>(() => AskAsync(client, throttle, streams, "hello"));
            Assert.Equal((exception, kind), (thrown.GetType().Name, LlmFailure.Classify(thrown).Kind));
        }

        Assert.Equal(2, server.Statistics.Requests);
    }

    [Fact]
    public async Task A_stream_that_has_begun_is_not_sent_again()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.StreamError(afterTokens: 2)] });
        var throttle = new LlmThrottle();

        var exception = await Assert.ThrowsAsync<AnthropicSseException>(() => AskAsync(Client(server, throttle), throttle, streams: true, "one two three"));

        Assert.Equal(Overloaded, LlmFailure.Classify(exception).Kind);
        Assert.Equal((1, 0), (server.Statistics.Requests, throttle.GetStatistics().InFlight));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_attempt_timeout_ends_a_request_that_hangs(bool streams)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Hang()] });
        var time = new FakeTimeProvider();
        var throttle = new LlmThrottle(new() { TimeProvider = time, MaxTimeoutRetries = 0 });
        var call = AskAsync(Client(server, throttle), throttle, streams, "hello");
        await server.WhenAsync(seen => seen.InFlight == 1, Deadline);

        time.Advance(TimeSpan.FromMinutes(10));

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        await server.WhenAsync(seen => seen is { Requests: 1, Aborted: 1 }, Deadline);
    }

    private static AnthropicClient Client(LocalLlmServer server, LlmThrottle throttle)
    {
        var http = new HttpClient(new LlmRateHeaderHandler(throttle, new SocketsHttpHandler())) { Timeout = Timeout.InfiniteTimeSpan };
        return new() { ApiKey = "local", BaseUrl = server.BaseAddress.ToString(), HttpClient = http, MaxRetries = 0 };
    }

    private async Task<string> AskAsync(AnthropicClient client, LlmThrottle throttle, bool streams, string text)
    {
        var question = new MessageCreateParams { Model = "claude-haiku-4-5", MaxTokens = 1000, Messages = [new UserMessageParam(text)] };
        if (streams)
        {
            return await throttle.StreamAsync(token => client.Messages.CreateStreaming(question, token), Deadline).CollectAsync(
                update => update.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var piece) ? piece.Text : null, Deadline);
        }

        Message answer = await throttle.ExecuteAsync(token => client.Messages.Create(question, token), Deadline);
        return string.Concat(answer.Content.Select(block => block.TryPickText(out var piece) ? piece.Text : ""));
    }

    /// <summary>The virtual clock must not run away from a request, which takes real time.</summary>
    private static void PassWhileAllWait(FakeTimeProvider time, LlmThrottle throttle)
    {
        if (throttle.GetStatistics() is { Queued: > 0, InFlight: 0 })
            time.Advance(TimeSpan.FromMilliseconds(100));
    }
}
