using LocalLlm;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace AsyncLlm.IntegrationTests;

/// <summary>Clients of Microsoft.Extensions.AI with <c>WithThrottle</c>, over OpenAI's client and real HTTP.</summary>
public sealed class ExtensionsAIThrottleTests : WaitingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_all_calls_at_once_none_is_lost_and_each_request_is_an_answer_or_a_refusal(bool streams)
    {
        const int Calls = 15;
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = 600, Burst = 1, Latency = TimeSpan.FromMilliseconds(200) });
        var throttle = new LlmThrottle();
        using var client = server.ChatClient().AsIChatClient().WithThrottle(throttle);

        var answers = await Task.WhenAll(Enumerable.Range(0, Calls).Select(number => AskAsync(client, streams, $"Question {number}")));

        Assert.Equal(Enumerable.Range(0, Calls).Select(number => $"Summary: Question {number}"), answers);
        // A client may have its answer before the server has counted it.
        await server.WhenAsync(seen => seen.Completed == Calls, Deadline);
        var seen = server.Statistics;
        Assert.Equal(seen.Completed + seen.RateLimited, seen.Requests);
        Assert.Equal((Calls, 0, 0), ((int)throttle.GetStatistics().Succeeded, throttle.GetStatistics().InFlight, throttle.GetStatistics().Queued));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fault_is_repeated_with_the_same_messages(bool streams)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(500, every: 2)] });
        using var client = server.ChatClient().AsIChatClient().WithThrottle(new());
        await AskAsync(client, streams, "first");

        Assert.Equal("Summary: second", await AskAsync(client, streams, "second"));

        await server.WhenAsync(seen => seen is { Requests: 3, Failed: 1, Completed: 2 }, Deadline);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_tokens_an_answer_took_replace_the_estimate(bool streams)
    {
        await using var server = await LocalLlmServer.StartAsync();
        var time = new FakeTimeProvider();
        var throttle = new LlmThrottle(new() { TokensPerMinute = 600, TimeProvider = time });
        using var client = server.ChatClient().AsIChatClient().WithThrottle(throttle, (messages, options) => LlmCost.FromText(string.Concat(messages.Select(message => message.Text)), 300));

        foreach (var number in Enumerable.Range(0, 3))
        {
            // 116 tokens with the answer.
            await AskAsync(client, streams, string.Join(' ', Enumerable.Repeat(number, 100)));
            // Enough for another request; ten tokens come back.
            time.Advance(TimeSpan.FromSeconds(1));
        }

        // Even a quarter of this, which is what estimates turned out to be worth, is more than is left.
        using var greedy = server.ChatClient().AsIChatClient().WithThrottle(throttle, (_, _) => new(0, 6000));
        using var cancellation = new CancellationTokenSource();
        var waiting = AskAsync(greedy, streams, "more", cancellation.Token);
        Assert.Equal((1, 3), (throttle.GetStatistics().Queued, server.Statistics.Requests));
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_stream_holds_its_slot_until_it_is_left()
    {
        await using var server = await LocalLlmServer.StartAsync();
        var throttle = new LlmThrottle(new() { MaxConcurrency = 1 });
        using var client = server.ChatClient().AsIChatClient().WithThrottle(throttle);
        Task<string>? second = null;

        await foreach (var _ in client.GetStreamingResponseAsync("one two three", cancellationToken: Deadline))
        {
            second ??= AskAsync(client, streams: false, "second");
            Assert.Equal((1, 1), (throttle.GetStatistics().InFlight, throttle.GetStatistics().Queued));
        }

        Assert.Equal("Summary: second", await second!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_callers_token_ends_the_request(bool streams)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Hang(every: 1)] });
        using var client = server.ChatClient().AsIChatClient().WithThrottle(new());
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Deadline);
        var call = AskAsync(client, streams, "hello", cancellation.Token);
        await server.WhenAsync(seen => seen.InFlight == 1, Deadline);

        await cancellation.CancelAsync();

        Assert.Equal(cancellation.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call)).CancellationToken);
        await server.WhenAsync(seen => seen is { Requests: 1, Aborted: 1 }, Deadline);
    }

    [Fact]
    public async Task Embeddings_are_repeated_and_paid_like_answers()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(502, every: 2)] });
        var throttle = new LlmThrottle(new() { TokensPerMinute = 600 });
        using var generator = server.EmbeddingClient().AsIEmbeddingGenerator().WithThrottle(throttle, (texts, options) => LlmCost.FromText(string.Concat(texts), 500));

        foreach (var text in new[] { "one", "two", "three" })
            Assert.Equal(256, (await generator.GenerateAsync(Once(text), cancellationToken: Deadline))[0].Vector.Length);

        await server.WhenAsync(seen => seen is { Failed: 2, Completed: 3 }, Deadline);
        Assert.Same(throttle, generator.GetService<LlmThrottle>());
        Assert.NotNull(generator.GetService<EmbeddingGeneratorMetadata>());
    }

    [Fact]
    public async Task With_the_throttle_in_the_pipeline_too_nothing_is_admitted_or_repeated_twice()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(500, every: 1)] });
        var throttle = new LlmThrottle(new() { MaxConcurrency = 1, MaxRetries = 1 });
        using var client = server.ChatClient(throttle).AsIChatClient().WithThrottle(throttle);

        await Assert.ThrowsAsync<System.ClientModel.ClientResultException>(() => AskAsync(client, streams: false, "hello"));

        Assert.Equal((2, 2), (server.Statistics.Requests, throttle.GetStatistics().Admitted));
    }

    [Fact]
    public async Task The_client_answers_for_its_throttle_and_passes_on_everything_else()
    {
        await using var server = await LocalLlmServer.StartAsync();
        var throttle = new LlmThrottle();
        var inner = server.ChatClient().AsIChatClient();
        using var client = inner.WithThrottle(throttle);

        Assert.Same(throttle, client.GetService<LlmThrottle>());
        Assert.Null(client.GetService<LlmThrottle>("key"));
        Assert.Equal(inner.GetService<ChatClientMetadata>(), client.GetService<ChatClientMetadata>());
        Assert.NotNull(client.GetService<OpenAI.Chat.ChatClient>());
    }

    [Fact]
    public async Task Null_is_refused_at_the_call()
    {
        await using var server = await LocalLlmServer.StartAsync();
        using var chat = server.ChatClient().AsIChatClient().WithThrottle(new());
        using var embeddings = server.EmbeddingClient().AsIEmbeddingGenerator().WithThrottle(new());

        RefusesNull("client", () => ((IChatClient)null!).WithThrottle(new()));
        RefusesNull("throttle", () => chat.WithThrottle(null!));
        RefusesNull("generator", () => ((IEmbeddingGenerator<string, Embedding<float>>)null!).WithThrottle(new()));
        RefusesNull("throttle", () => embeddings.WithThrottle(null!));
        RefusesNull("messages", () => chat.GetResponseAsync((IEnumerable<ChatMessage>)null!));
        RefusesNull("messages", () => chat.GetStreamingResponseAsync((IEnumerable<ChatMessage>)null!));
        RefusesNull("values", () => embeddings.GenerateAsync(null!));

        static void RefusesNull(string parameter, Func<object> call) => Assert.Throws<ArgumentNullException>(parameter, call);
    }

    private async Task<string> AskAsync(IChatClient client, bool streams, string question, CancellationToken cancellationToken = default)
    {
        var token = cancellationToken == default ? Deadline : cancellationToken;
        return streams
            ? (await client.GetStreamingResponseAsync(Once(new ChatMessage(ChatRole.User, question)), cancellationToken: token).ToChatResponseAsync(token)).Text
            : (await client.GetResponseAsync(Once(new ChatMessage(ChatRole.User, question)), cancellationToken: token)).Text;
    }

    /// <summary>A sequence that can be read one time.</summary>
    private static IEnumerable<T> Once<T>(T item)
    {
        var items = new Queue<T>([item]);
        return Enumerable.Repeat(items, 1).SelectMany(queue => Enumerable.Repeat(0, 1).Select(_ => queue.Dequeue()));
    }
}
