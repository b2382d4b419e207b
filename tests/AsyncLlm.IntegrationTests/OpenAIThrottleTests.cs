using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using System.Net;
using Azure.AI.OpenAI;
using LocalLlm;
using Microsoft.Extensions.Time.Testing;
using OpenAI;
using OpenAI.Audio;
using OpenAI.Chat;
using static AsyncLlm.LlmFailureKind;

namespace AsyncLlm.IntegrationTests;

/// <summary>OpenAI's clients with <c>UseThrottle</c>, over real HTTP where the server can do it.</summary>
public sealed class OpenAIThrottleTests : WaitingTests
{
    private static readonly LocalLlmServerOptions RateLimited10 = new() { RequestsPerMinute = 600, Burst = 1, Latency = TimeSpan.FromMilliseconds(200) };

    [Theory]
    [InlineData("async")]
    [InlineData("sync")]
    [InlineData("async stream")]
    [InlineData("sync stream")]
    public async Task Of_all_calls_at_once_none_is_lost_and_each_request_is_an_answer_or_a_refusal(string form)
    {
        const int Calls = 15;
        await using var server = await LocalLlmServer.StartAsync(RateLimited10);
        var throttle = new LlmThrottle();
        var client = server.ChatClient(throttle);

        var answers = await Task.WhenAll(Enumerable.Range(0, Calls).Select(number => AskAsync(client, form, $"Question {number}")));

        Assert.Equal(Enumerable.Range(0, Calls).Select(number => $"Summary: Question {number}"), answers);
        // A client may have its answer before the server has counted it.
        await server.WhenAsync(seen => seen.Completed == Calls, Deadline);
        var seen = server.Statistics;
        Assert.Equal(seen.Completed + seen.RateLimited, seen.Requests);
        // None at all when the first answer's headers came before anything else was sent.
        Assert.InRange(seen.RateLimited, 0, 2 * Calls);
        Assert.Equal((Calls, seen.RateLimited, 0, 0), ((int)throttle.GetStatistics().Succeeded, throttle.GetStatistics().RateLimited, throttle.GetStatistics().InFlight, throttle.GetStatistics().Queued));
    }

    [Theory]
    [InlineData("async")]
    [InlineData("sync")]
    [InlineData("async stream")]
    [InlineData("sync stream")]
    public async Task Azures_client_takes_it_too(string form)
    {
        const int Calls = 8;
        await using var server = await LocalLlmServer.StartAsync(RateLimited10 with { Faults = [Fault.Status(429) with { To = 1 }] });
        var throttle = new LlmThrottle();
        AzureOpenAIClientOptions options = new AzureOpenAIClientOptions().UseThrottle(throttle);
        var client = new AzureOpenAIClient(server.BaseAddress, new ApiKeyCredential("local"), options).GetChatClient("deployment");

        var answers = await Task.WhenAll(Enumerable.Range(0, Calls).Select(number => AskAsync(client, form, $"Question {number}")));

        Assert.Equal(Enumerable.Range(0, Calls).Select(number => $"Summary: Question {number}"), answers);
        await server.WhenAsync(seen => seen.Completed == Calls, Deadline);
        Assert.Equal(server.Statistics.RateLimited, throttle.GetStatistics().RateLimited);
        Assert.Equal(Calls + throttle.GetStatistics().RateLimited, server.Statistics.Requests);
    }

    [Theory]
    [InlineData("async", 500)]
    [InlineData("sync", 500)]
    [InlineData("async stream", 500)]
    [InlineData("sync stream", 500)]
    [InlineData("async", 502)]
    public async Task A_fault_is_repeated(string form, int status)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(status, every: 2)] });
        var client = server.ChatClient(new LlmThrottle());

        await AskAsync(client, form, "first");
        Assert.Equal("Summary: second", await AskAsync(client, form, "second"));

        await server.WhenAsync(seen => seen is { Requests: 3, Failed: 1, Completed: 2 }, Deadline);
    }

    [Theory]
    [InlineData("async")]
    [InlineData("sync")]
    [InlineData("async stream")]
    [InlineData("sync stream")]
    public async Task What_fails_to_the_end_is_the_clients_own_exception(string form)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(500, every: 1)] });
        var throttle = new LlmThrottle(new() { MaxRetries = 1 });

        var exception = await Assert.ThrowsAsync<ClientResultException>(() => AskAsync(server.ChatClient(throttle), form, "hello"));

        Assert.Equal(500, exception.Status);
        Assert.Contains("This fault was asked for.", exception.GetRawResponse()!.Content.ToString(), StringComparison.Ordinal);
        // As the client writes it, not as the throttle does.
        Assert.StartsWith("HTTP 500 (server_error: ", exception.Message, StringComparison.Ordinal);
        Assert.Equal((2, 0), (server.Statistics.Requests, throttle.GetStatistics().InFlight));
    }

    [Fact]
    public async Task A_bad_request_is_sent_once()
    {
        await using var server = await LocalLlmServer.StartAsync();
        var client = server.ChatClient(new LlmThrottle());

        var exception = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync(BinaryContent.Create(BinaryData.FromString("{}"))));

        Assert.Equal((400, 1), (exception.Status, server.Statistics.Requests));
    }

    [Fact]
    public async Task A_caller_who_wants_no_exception_gets_the_response()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(503, every: 1)] });
        var client = server.ChatClient(new LlmThrottle(new() { MaxRetries = 0 }));

        var result = await client.CompleteChatAsync(BinaryContent.Create(BinaryData.FromString(Clients.Hello)), new RequestOptions { ErrorOptions = ClientErrorBehaviors.NoThrow });

        Assert.Equal(503, result.GetRawResponse().Status);
        Assert.Contains("This fault was asked for.", result.GetRawResponse().Content.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Retry-After", "3", 3.0)]
    [InlineData("retry-after-ms", "2500", 2.5)]
    [InlineData("Retry-After", "Sat, 01 Jan 2000 00:00:00 GMT", 0.0)]
    [InlineData("x-other", "3", null)]
    public async Task A_refusal_waits_as_long_as_it_says(string header, string value, double? seconds)
    {
        var (retries, time) = (new List<LlmRetryEvent>(), new FakeTimeProvider());
        var network = new Network(number => number == 1 ? new(HttpStatusCode.TooManyRequests, Answer.RateLimit, (header, value)) : Answer.Chat);
        var throttle = new LlmThrottle(new() { OnRetry = retries.Add, TimeProvider = time });

        var call = AskAsync(ChatClient(network, throttle), "async", "hello");
        await WhileAsync(() => !call.IsCompleted, () => time.Advance(throttle.GetStatistics().Queued * TimeSpan.FromMilliseconds(100)));

        Assert.Equal("Hello", await call);
        var retry = Assert.Single(retries);
        Assert.Equal(new LlmFailure(RateLimited, seconds is { } wait ? TimeSpan.FromSeconds(wait) : null), retry.Failure);
        Assert.IsType<ClientResultException>(retry.Exception);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, Answer.Quota, "x-other", "1")]
    [InlineData(HttpStatusCode.TooManyRequests, Answer.RateLimit, "x-should-retry", "false")]
    [InlineData(HttpStatusCode.TooManyRequests, Answer.RateLimit, "Retry-After", "3600")]
    [InlineData(HttpStatusCode.Unauthorized, "{}", "x-other", "1")]
    public async Task What_waiting_does_not_help_is_sent_once(HttpStatusCode status, string json, string header, string value)
    {
        var network = new Network(_ => new(status, json, (header, value)));

        var exception = await Assert.ThrowsAsync<ClientResultException>(() => AskAsync(ChatClient(network, new()), "async", "hello"));

        Assert.Equal((int)status, exception.Status);
        Assert.Single(network.Bodies);
    }

    [Fact]
    public async Task The_server_may_ask_for_another_attempt()
    {
        var network = new Network(number => number == 1 ? new(HttpStatusCode.NotFound, "{}", ("x-should-retry", "true")) : Answer.Chat);

        Assert.Equal("Hello", await AskAsync(ChatClient(network, new()), "async", "hello"));

        Assert.Equal(2, network.Bodies.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_attempt_sends_the_whole_body(bool isAsync)
    {
        var network = new Network(number => number < 3 ? new(HttpStatusCode.InternalServerError, "{}") : new(HttpStatusCode.OK, """{"text":"Hello"}"""));
        var client = new AudioClient("m", new ApiKeyCredential("k"), Options(network, new()));
        using var audio = new MemoryStream([.. Enumerable.Repeat((byte)'a', 100_000)]);

        AudioTranscription text = isAsync ? await client.TranscribeAudioAsync(audio, "a.mp3", cancellationToken: Deadline) : await Task.Run(() => client.TranscribeAudio(audio, "a.mp3", cancellationToken: Deadline));

        Assert.Equal("Hello", text.Text);
        Assert.Equal(3, network.Bodies.Count);
        Assert.InRange(network.Bodies[0].Length, 100_000, 101_000);
        Assert.Single(network.Bodies.Distinct());
    }

    [Theory]
    [InlineData("async")]
    [InlineData("sync")]
    [InlineData("async stream")]
    public async Task The_callers_token_ends_a_request(string form)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Hang(every: 1)] });
        var throttle = new LlmThrottle();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Deadline);
        var call = AskAsync(server.ChatClient(throttle), form, "hello", cancellation.Token);
        await server.WhenAsync(seen => seen.InFlight == 1, Deadline);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await server.WhenAsync(seen => seen is { Requests: 1, Aborted: 1, InFlight: 0 }, Deadline);
        Assert.Equal(0, throttle.GetStatistics().InFlight);
    }

    [Theory]
    [InlineData("async")]
    [InlineData("sync")]
    public async Task The_callers_token_ends_the_wait_for_admission(string form)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Hang(every: 1)] });
        var throttle = new LlmThrottle(new() { MaxConcurrency = 1 });
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Deadline);
        var client = server.ChatClient(throttle);
        var running = AskAsync(client, "async", "hello", cancellation.Token);
        await server.WhenAsync(seen => seen.InFlight == 1, Deadline);
        using var waitCancellation = new CancellationTokenSource();
        var waiting = AskAsync(client, form, "hello", waitCancellation.Token);
        await WhileAsync(() => throttle.GetStatistics().Queued == 0);

        await waitCancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(1, server.Statistics.Requests);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Theory]
    [InlineData("async")]
    [InlineData("sync")]
    public async Task The_network_timeout_bounds_each_attempt(string form)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Hang(every: 2)] });
        var retries = new ConcurrentQueue<LlmRetryEvent>();
        // On a busy machine an attempt that is answered may time out too.
        var options = server.Options(new LlmThrottle(new() { OnRetry = retries.Enqueue, MaxTimeoutRetries = 5 }));
        options.NetworkTimeout = TimeSpan.FromSeconds(1);
        await AskAsync(server.ChatClient(), form, "first");

        Assert.Equal("Summary: second", await AskAsync(new("m", new ApiKeyCredential("k"), options), form, "second"));

        await server.WhenAsync(seen => seen is { Requests: >= 3, Aborted: >= 1 }, Deadline);
        Assert.NotEmpty(retries);
        Assert.All(retries, retry => Assert.Equal(TimedOut, retry.Failure.Kind));
    }

    [Theory]
    [InlineData("async")]
    [InlineData("sync")]
    public async Task The_network_timeout_does_not_count_the_wait_for_admission(string form)
    {
        await using var server = await LocalLlmServer.StartAsync();
        var throttle = new LlmThrottle(new() { MaxConcurrency = 1, MaxRetries = 0 });
        var options = server.Options(throttle);
        options.NetworkTimeout = TimeSpan.FromSeconds(2);
        var taken = new TaskCompletionSource();
        var holder = throttle.ExecuteAsync(_ => taken.Task, Deadline);
        var call = AskAsync(new("m", new ApiKeyCredential("k"), options), form, "hello");

        await Task.WhenAny(call, Quiet.ForAsync(options.NetworkTimeout.Value * 1.2));
        taken.SetResult();

        Assert.Equal("Summary: hello", await call);
        await holder;
    }

    [Theory]
    [InlineData("async")]
    [InlineData("sync")]
    public async Task The_attempt_timeout_ends_the_request(string form)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Hang(every: 1)] });
        var time = new FakeTimeProvider();
        var throttle = new LlmThrottle(new() { AttemptTimeout = TimeSpan.FromMinutes(1), MaxTimeoutRetries = 0, TimeProvider = time });
        var call = AskAsync(server.ChatClient(throttle), form, "hello");
        await server.WhenAsync(seen => seen.InFlight == 1, Deadline);

        time.Advance(TimeSpan.FromMinutes(1));

        await Assert.ThrowsAsync<TimeoutException>(() => call);

        await server.WhenAsync(seen => seen is { Requests: 1, Aborted: 1 }, Deadline);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_holds_its_slot_until_it_is_left(bool toItsEnd)
    {
        await using var server = await LocalLlmServer.StartAsync();
        var throttle = new LlmThrottle(new() { MaxConcurrency = 1 });
        var client = server.ChatClient(throttle);
        Task<string>? second = null;

        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("one two three")], cancellationToken: Deadline))
        {
            second ??= AskAsync(client, "async", "second");
            Assert.Equal((1, 1), (throttle.GetStatistics().InFlight, throttle.GetStatistics().Queued));
            if (!toItsEnd)
                break;
        }

        Assert.Equal("Summary: second", await second!);
        Assert.Equal((0, 0), (throttle.GetStatistics().InFlight, throttle.GetStatistics().Queued));
    }

    [Fact]
    public async Task A_stream_that_takes_longer_than_the_attempt_may_goes_on()
    {
        await using var server = await LocalLlmServer.StartAsync();
        var time = new FakeTimeProvider();
        var throttle = new LlmThrottle(new() { AttemptTimeout = TimeSpan.FromMinutes(1), TotalTimeout = TimeSpan.FromMinutes(1), TimeProvider = time });
        var text = "";

        await foreach (var update in server.ChatClient(throttle).CompleteChatStreamingAsync([new UserChatMessage("one two three")], cancellationToken: Deadline))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal("Summary: one two three", text);
    }

    [Fact]
    public async Task A_stream_stops_with_its_callers_token()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Stall(afterTokens: 2, every: 1)] });
        var throttle = new LlmThrottle();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Deadline);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in server.ChatClient(throttle).CompleteChatStreamingAsync([new UserChatMessage("one two three")], cancellationToken: cancellation.Token))
            {
                if (update.ContentUpdate is [{ Text: "one " }])
                    cancellation.CancelAfter(20); // in the middle of the next read
            }
        });

        await WhileAsync(() => throttle.GetStatistics().InFlight > 0);
        await server.WhenAsync(seen => seen.Aborted == 1, Deadline);
    }

    [Theory]
    [InlineData("async")]
    [InlineData("sync")]
    [InlineData("async stream")]
    public async Task Inside_a_call_of_the_same_throttle_it_neither_queues_nor_repeats_twice(string form)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(500, every: 1)] });
        var throttle = new LlmThrottle(new() { MaxConcurrency = 1, MaxRetries = 2 });
        var client = server.ChatClient(throttle);

        await Assert.ThrowsAsync<ClientResultException>(() => throttle.ExecuteAsync(token => AskAsync(client, form, "hello", token), Deadline));

        Assert.Equal(3, server.Statistics.Requests);
        Assert.Equal((3, 0), (throttle.GetStatistics().Admitted, throttle.GetStatistics().InFlight));
    }

    [Fact]
    public async Task What_the_answers_say_about_the_quota_reaches_the_throttle()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = 600 });
        var throttle = new LlmThrottle();

        await AskAsync(server.ChatClient(throttle), "async", "hello");

        Assert.Equal(600, throttle.GetStatistics().RequestsPerMinute!.Value, tolerance: 60);
    }

    [Fact]
    public async Task A_synchronous_call_blocks_no_context_it_needs()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(500, every: 2)] });
        var options = server.Options(new LlmThrottle());
        var sends = new Sends();
        options.AddPolicy(sends, PipelinePosition.PerTry);
        var client = new ChatClient("m", new ApiKeyCredential("k"), options);
        var context = new DeadContext();
        var done = new TaskCompletionSource<ChatCompletion>();
        var thread = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(context);
            client.CompleteChat("first");
            done.SetResult(client.CompleteChat("second"));
        });

        thread.Start();

        Assert.Equal("Summary: second", (await done.Task.WaitAsync(Deadline)).Content[0].Text);
        // Every attempt on the caller's thread, and for the code of the pipeline in the caller's context.
        Assert.Equal(Enumerable.Repeat((thread.ManagedThreadId, (SynchronizationContext?)context), 3), sends.Seen);
    }

    [Fact]
    public async Task A_client_that_has_been_made_keeps_its_retries()
    {
        await using var server = await LocalLlmServer.StartAsync();
        var options = new OpenAIClientOptions { Endpoint = server.Endpoint };
        _ = new OpenAIClient(new ApiKeyCredential("k"), options);

        Assert.Throws<InvalidOperationException>(() => options.UseThrottle(new()));
    }

    [Fact]
    public void The_options_are_returned_as_what_they_are()
    {
        var options = new OpenAIClientOptions();

        OpenAIClientOptions returned = options.UseThrottle(new LlmThrottle());

        Assert.Same(options, returned);
        Assert.Throws<ArgumentNullException>("options", () => ((OpenAIClientOptions)null!).UseThrottle(new()));
        Assert.Throws<ArgumentNullException>("throttle", () => options.UseThrottle(null!));
    }

    [Fact]
    public void Clients_of_one_pipeline_and_model_have_one_throttle()
    {
        var client = new OpenAIClient(new ApiKeyCredential("k"), new OpenAIClientOptions());

        var throttle = client.GetChatClient("small").GetThrottle();

        Assert.Same(throttle, client.GetChatClient("small").GetThrottle());
        Assert.Same(throttle, LlmThrottle.For(client.Pipeline, "small"));
        Assert.Same(throttle, client.GetEmbeddingClient("small").GetThrottle());
        Assert.Same(throttle, client.GetImageClient("small").GetThrottle());
        Assert.Same(throttle, client.GetAudioClient("small").GetThrottle());
        Assert.Same(throttle, client.GetModerationClient("small").GetThrottle());
        Assert.NotSame(throttle, client.GetChatClient("large").GetThrottle());
        Assert.NotSame(throttle, new ChatClient("small", new ApiKeyCredential("k")).GetThrottle());
        Assert.Throws<ArgumentNullException>("client", () => ((ChatClient)null!).GetThrottle());
    }

    [Fact]
    public void The_throttle_of_the_options_is_that_of_every_client_made_with_them()
    {
        var throttle = new LlmThrottle();
        var client = new OpenAIClient(new ApiKeyCredential("k"), new OpenAIClientOptions().UseThrottle(throttle));
        var chat = client.GetChatClient("small");

        Assert.Same(throttle, chat.GetThrottle());
        Assert.Same(throttle, client.GetChatClient("large").GetThrottle());
        Assert.Same(throttle, client.GetEmbeddingClient("small").GetThrottle());
        Assert.Same(throttle, LlmThrottle.For(chat));
        Assert.Same(throttle, LlmThrottle.For(client));
        Assert.Same(throttle, LlmThrottle.For(chat.Pipeline, "small"));
        Assert.NotSame(throttle, new ChatClient("small", new ApiKeyCredential("k")).GetThrottle());
        LlmThrottle.Attach(chat.Pipeline, throttle);
        Assert.Throws<InvalidOperationException>(() => LlmThrottle.Attach(chat.Pipeline, new LlmThrottle(), "other"));
    }

    private static ChatClient ChatClient(Network network, LlmThrottle throttle) => new("m", new ApiKeyCredential("k"), Options(network, throttle));

    private static OpenAIClientOptions Options(Network network, LlmThrottle throttle) =>
        new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(new HttpClient(network)) }.UseThrottle(throttle);

    /// <summary>Asks in one of the four forms the client has. The synchronous ones have a thread of their own, as in a desktop program.</summary>
    private async Task<string> AskAsync(ChatClient client, string form, string question, CancellationToken cancellationToken = default)
    {
        ChatMessage[] messages = [new UserChatMessage(question)];
        var token = cancellationToken == default ? Deadline : cancellationToken;
        switch (form)
        {
            case "async":
                ChatCompletion answer = await client.CompleteChatAsync(messages, cancellationToken: token);
                return answer.Content[0].Text;
            case "sync":
                return await Task.Factory.StartNew(
                    () => client.CompleteChat(messages, cancellationToken: token).Value.Content[0].Text, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            case "async stream":
                var updates = await client.CompleteChatStreamingAsync(messages, cancellationToken: token).ToListAsync(token);
                return string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text));
            default:
                return await Task.Factory.StartNew(
                    () => string.Concat(client.CompleteChatStreaming(messages, cancellationToken: token).SelectMany(update => update.ContentUpdate).Select(part => part.Text)),
                    CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>A context whose thread is blocked: what is posted to it never runs.</summary>
    private sealed class DeadContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) { }
    }

    /// <summary>Notes where each attempt runs.</summary>
    private sealed class Sends : PipelinePolicy
    {
        public List<(int Thread, SynchronizationContext? Context)> Seen { get; } = [];

        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            Seen.Add((Environment.CurrentManagedThreadId, SynchronizationContext.Current));
            ProcessNext(message, pipeline, currentIndex);
        }

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) => throw new NotSupportedException();
    }
}
