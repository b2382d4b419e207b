using System.ClientModel;
using System.ClientModel.Primitives;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using LocalLlm;
using Microsoft.Extensions.Time.Testing;
using OpenAI.Chat;
using OpenAI.Embeddings;

namespace AsyncLlm.IntegrationTests;

public class LocalLlmServerTests
{
    /// <summary>Ends a test that waits for something that does not happen; none waits this long otherwise.</summary>
    private readonly CancellationToken deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    [Fact]
    public async Task Chat_answers_with_the_first_words_of_the_question()
    {
        await using var server = await LocalLlmServer.StartAsync();

        ChatCompletion answer = await server.ChatClient().CompleteChatAsync(
            [new SystemChatMessage("Summarise."), new UserChatMessage("The harbour opened in 1897.")], cancellationToken: deadline);

        Assert.Equal("Summary: The harbour opened in 1897.", answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal("gpt-4o-mini", answer.Model);
        Assert.Equal((6, 6), (answer.Usage.InputTokenCount, answer.Usage.OutputTokenCount));
    }

    [Fact]
    public async Task Chat_stops_at_the_wanted_length()
    {
        await using var server = await LocalLlmServer.StartAsync();

        ChatCompletion answer = await server.ChatClient().CompleteChatAsync(
            [new UserChatMessage("One two three four")], new ChatCompletionOptions { MaxOutputTokenCount = 3 }, deadline);

        Assert.Equal("Summary: One two", answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Length, answer.FinishReason);
    }

    [Fact]
    public async Task Stream_brings_a_role_then_tokens_then_the_end_and_the_usage()
    {
        await using var server = await LocalLlmServer.StartAsync();

        var updates = await server.ChatClient().CompleteChatStreamingAsync([new UserChatMessage("One two three")], cancellationToken: deadline).ToListAsync(deadline);

        Assert.Equal(ChatMessageRole.Assistant, updates[0].Role);
        Assert.Equal(["", "Summary: ", "One ", "two ", "three"], updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text));
        Assert.Equal(ChatFinishReason.Stop, Assert.Single(updates, update => update.FinishReason is not null).FinishReason);
        Assert.Equal(4, updates[^1].Usage.OutputTokenCount);
    }

    [Fact]
    public async Task Embeddings_are_unit_vectors_nearer_for_texts_that_share_words()
    {
        await using var server = await LocalLlmServer.StartAsync();
        var client = server.EmbeddingClient();

        OpenAIEmbedding single = await client.GenerateEmbeddingAsync("a red house", cancellationToken: deadline);
        OpenAIEmbeddingCollection batch = await client.GenerateEmbeddingsAsync(
            ["a red house", "a red car", "quantum mechanics"], new EmbeddingGenerationOptions { Dimensions = 256 }, deadline);

        var vector = single.ToFloats().ToArray();
        Assert.Equal(256, vector.Length);
        Assert.Equal(1, vector.Sum(x => x * x), tolerance: 1e-4);
        Assert.Equal([0, 1, 2], batch.Select(embedding => embedding.Index));
        Assert.Equal(vector, batch[0].ToFloats().ToArray());
        Assert.True(Similarity(0, 1) > Similarity(0, 2), $"{Similarity(0, 1)} > {Similarity(0, 2)}");
        Assert.Equal(8, batch.Usage.InputTokenCount);

        float Similarity(int i, int j) => batch[i].ToFloats().ToArray().Zip(batch[j].ToFloats().ToArray(), (x, y) => x * y).Sum();
    }

    [Fact]
    public async Task The_latency_is_waited_for()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Latency = TimeSpan.FromMilliseconds(80), TokenLatency = TimeSpan.FromMilliseconds(20) });
        var watch = Stopwatch.StartNew();

        await server.ChatClient().CompleteChatStreamingAsync([new UserChatMessage("one two")], cancellationToken: deadline).ToListAsync(deadline);

        // 80 ms to the first token, twice 20 ms between three; a timer may be early by its resolution.
        Assert.True(watch.ElapsedMilliseconds >= 110, $"{watch.ElapsedMilliseconds} ms");
    }

    [Theory]
    [InlineData(RetryAfterForms.Seconds, 60, 60)]
    [InlineData(RetryAfterForms.Date, 30, 61)] // counted from the client's own clock, which is ahead of the server's by what the test has taken
    public async Task The_client_honours_Retry_After(RetryAfterForms form, int atLeast, int atMost)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = 1, Burst = 1, RetryAfter = form, TimeProvider = time });
        var retries = new VirtualRetryPolicy(time);
        var client = server.ChatClient(retries);

        await client.CompleteChatAsync(["first"], cancellationToken: deadline);
        ChatCompletion second = await client.CompleteChatAsync(["second"], cancellationToken: deadline);

        Assert.Equal("Summary: second", second.Content[0].Text);
        Assert.InRange(Assert.Single(retries.Delays), TimeSpan.FromSeconds(atLeast), TimeSpan.FromSeconds(atMost));
        await server.WhenAsync(seen => seen is { Requests: 3, RateLimited: 1, Completed: 2 }, deadline);
    }

    [Theory]
    [InlineData(6000, "10ms")]
    [InlineData(60, "1s")]
    [InlineData(7, "8.572s")]
    [InlineData(1, "1m0s")]
    public async Task Rate_limit_headers_are_written_as_OpenAI_writes_them(int requestsPerMinute, string reset)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = requestsPerMinute, Burst = 1, TimeProvider = new FakeTimeProvider() });

        using var response = await server.PostAsync(Clients.Hello);

        Assert.Equal("1", Header(response, "x-ratelimit-limit-requests"));
        Assert.Equal("0", Header(response, "x-ratelimit-remaining-requests"));
        Assert.Equal(reset, Header(response, "x-ratelimit-reset-requests"));
    }

    [Theory]
    [InlineData(RetryAfterForms.None, null, null)]
    [InlineData(RetryAfterForms.Seconds, "9", null)]
    [InlineData(RetryAfterForms.Milliseconds, null, "8572")]
    [InlineData(RetryAfterForms.Seconds | RetryAfterForms.Milliseconds, "9", "8572")]
    [InlineData(RetryAfterForms.Date, "Thu, 01 Jan 2026 00:00:09 GMT", null)]
    public async Task A_429_tells_when_to_come_back_in_the_chosen_form(RetryAfterForms form, string? retryAfter, string? milliseconds)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = 7, Burst = 1, RetryAfter = form, TimeProvider = time });
        (await server.PostAsync(Clients.Hello)).Dispose();

        using var refused = await server.PostAsync(Clients.Hello);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(retryAfter, Header(refused, "retry-after"));
        Assert.Equal(milliseconds, Header(refused, "retry-after-ms"));
    }

    [Fact]
    public async Task The_bucket_refills_with_time()
    {
        var time = new FakeTimeProvider();
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = 60, Burst = 2, TimeProvider = time });

        Assert.Equal("200 200 429", await SendAsync(3));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("200 429", await SendAsync(2));
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("200 200 429", await SendAsync(3));

        async Task<string> SendAsync(int count)
        {
            var statuses = new List<int>();
            while (statuses.Count < count)
            {
                using var response = await server.PostAsync(Clients.Hello);
                statuses.Add((int)response.StatusCode);
            }

            return string.Join(' ', statuses);
        }
    }

    [Fact]
    public async Task Requests_at_the_same_time_are_counted()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Hang(every: 1)] });
        var client = server.ChatClient();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(deadline);

        var calls = Enumerable.Range(0, 5).Select(_ => client.CompleteChatAsync(["hello"], cancellationToken: cancellation.Token)).ToArray();

        await server.WhenAsync(seen => seen.InFlight == 5, deadline);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(calls));
        await server.WhenAsync(seen => seen is { InFlight: 0, PeakConcurrent: 5, Requests: 5 }, deadline);
    }

    [Fact]
    public async Task A_request_beyond_the_concurrency_limit_is_refused()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { MaxConcurrent = 1, Faults = [new Fault(FaultKind.Hang, Every: 1)] });
        var client = server.ChatClient();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        var first = client.CompleteChatAsync(["hello"], cancellationToken: cancellation.Token);
        await server.WhenAsync(seen => seen.InFlight == 1, deadline);

        var refused = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync(["hello"], cancellationToken: deadline));

        Assert.Equal(429, refused.Status);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await server.WhenAsync(seen => seen is { PeakConcurrent: 1, RateLimited: 1 }, deadline);
    }

    [Fact]
    public async Task Requests_beyond_the_concurrency_limit_wait_when_the_server_queues()
    {
        var time = new FakeTimeProvider();
        await using var server = await LocalLlmServer.StartAsync(new() { MaxConcurrent = 1, WhenBusy = BusyBehavior.Queue, Latency = TimeSpan.FromSeconds(1), TimeProvider = time });
        var client = server.ChatClient();

        var calls = Enumerable.Range(0, 4).Select(_ => client.CompleteChatAsync(["hello"], cancellationToken: deadline)).ToArray();

        await server.WhenAsync(seen => seen is { InFlight: 1, Waiting: 3 }, deadline);
        while (!Task.WhenAll(calls).IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await Task.WhenAll(calls);
        await server.WhenAsync(seen => seen is { Waiting: 0, PeakConcurrent: 1, Completed: 4, RateLimited: 0 }, deadline);
    }

    [Fact]
    public async Task A_call_the_client_cancels_is_counted_as_aborted()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Hang(every: 1)] });
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        var call = server.ChatClient().CompleteChatAsync(["hello"], cancellationToken: cancellation.Token);
        await server.WhenAsync(seen => seen.InFlight == 1, deadline);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await server.WhenAsync(seen => seen is { Aborted: 1, InFlight: 0, Completed: 0, Failed: 0 }, deadline);
    }

    [Fact]
    public async Task A_stalled_stream_the_client_leaves_is_counted_as_aborted()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Stall(afterTokens: 2, every: 1)] });
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        var tokens = new List<string>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in server.ChatClient().CompleteChatStreamingAsync([new UserChatMessage("one two three")], cancellationToken: cancellation.Token))
            {
                tokens.AddRange(update.ContentUpdate.Select(part => part.Text));
                if (tokens.Count == 3)
                    cancellation.CancelAfter(20); // in the middle of a read: a client that leaves between two reads drains the connection for 2 s first
            }
        });

        Assert.Equal(["", "Summary: ", "one "], tokens);
        await server.WhenAsync(seen => seen is { Aborted: 1, Completed: 0 }, deadline);
    }

    [Fact]
    public async Task Every_nth_request_fails_as_told()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(503, every: 2), Fault.Reset(every: 3)] });
        var client = server.ChatClient();

        await client.CompleteChatAsync(["first"], cancellationToken: deadline);
        var unavailable = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync(["second"], cancellationToken: deadline));
        var reset = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync(["third"], cancellationToken: deadline));

        Assert.Equal(503, unavailable.Status);
        Assert.Equal(0, reset.Status);
        Assert.IsType<HttpRequestException>(reset.InnerException);
        await server.WhenAsync(seen => seen is { Requests: 3, Completed: 1, Failed: 2, Aborted: 0 }, deadline);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"model":"m"}""")]
    [InlineData("""{"model":"m","messages":[]}""")]
    [InlineData("""{"model":"m","messages":"hello"}""")]
    public async Task A_request_that_makes_no_sense_is_answered_with_400(string json)
    {
        await using var server = await LocalLlmServer.StartAsync();

        using var response = await server.PostAsync(json);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("invalid_request_error", await response.Content.ReadAsStringAsync(deadline), StringComparison.Ordinal);
        await server.WhenAsync(seen => seen is { Failed: 1, Completed: 0 }, deadline);
    }

    [Fact]
    public async Task A_server_that_stops_ends_what_is_in_flight()
    {
        Task call;
        await using (var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Hang(every: 1)] }))
        {
            call = server.ChatClient().CompleteChatAsync(["hello"], cancellationToken: deadline);
            await server.WhenAsync(seen => seen.InFlight == 1, deadline);
        }

        await Assert.ThrowsAsync<ClientResultException>(() => call);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    /// <summary>The SDK's retry policy on a virtual clock: it decides how long to wait, and the wait is over at once.</summary>
    private sealed class VirtualRetryPolicy(FakeTimeProvider time) : ClientRetryPolicy
    {
        public List<TimeSpan> Delays { get; } = [];

        protected override Task WaitAsync(TimeSpan delay, CancellationToken cancellationToken)
        {
            Delays.Add(delay);
            time.Advance(delay + TimeSpan.FromSeconds(1)); // a timer is late, never early
            return Task.CompletedTask;
        }
    }
}
