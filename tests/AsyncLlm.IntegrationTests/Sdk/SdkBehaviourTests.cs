using System.ClientModel;
using System.ClientModel.Primitives;
using System.Reflection;
using AsyncLlmAnalyzers.Catalog;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;
using LocalLlm;
using static AsyncLlm.LlmFailureKind;

namespace AsyncLlm.IntegrationTests;

/// <summary>What the real clients do when things go wrong: what diagnostics, the catalog and the documentation say is held against it.</summary>
/// <remarks>It measures times, so nothing else of this project runs beside it.</remarks>
[CollectionDefinition(nameof(SdkBehaviourTests), DisableParallelization = true)]
[Collection(nameof(SdkBehaviourTests))]
public sealed class SdkBehaviourTests
{
    public static TheoryData<string> Names => [.. Sdks.All.Select(sdk => sdk.Name)];

    [Fact]
    public async Task The_page_says_what_was_measured()
    {
        var file = Repository.PathOf("docs", "sdk-behaviour.md");
        var expected = SdkBehaviourPage.Of(await SdkFacts.AllAsync());
        if (Environment.GetEnvironmentVariable("UPDATE_GENERATED") == "1")
            await File.WriteAllTextAsync(file, expected);

        var difference = InlineDiffBuilder.Diff(await File.ReadAllTextAsync(file), expected).Lines.Where(line => line.Type != ChangeType.Unchanged).ToList();
        if (difference.Count > 0)
            Assert.Fail($"docs/sdk-behaviour.md says something else than was measured. If a library has changed, {SdkBehaviourPage.UpdateCommand} rewrites it.\n"
                + string.Join('\n', difference.Select(line => (line.Type == ChangeType.Inserted ? "+ " : "- ") + line.Text)));
    }

    [Fact]
    public async Task OpenAI_by_default_repeats_at_once_and_takes_400_s_to_give_up()
    {
        var facts = await SdkFacts.OfAsync(Sdks.OpenAI);

        Assert.Equal((4, 0), (facts.Attempts, facts.FirstDelay));
        Assert.Equal((4, TimeSpan.FromSeconds(100)), (facts["hang"].Attempts, facts.Defaults.Call));
        Assert.Equal(TimeSpan.Zero, PrivateField(ClientRetryPolicy.Default, "_initialDelay"));
    }

    [Fact]
    public async Task OpenAI_with_a_policy_given_by_hand_waits_and_doubles()
    {
        var refused = await Ending.OfAsync(
            Fault.Status(429), server => Sdks.OpenAIWith(server, new ClientRetryPolicy(3)), giveUp: progress => progress.Server.WhenAsync(seen => seen.Requests == 3));

        Assert.Equal(TimeSpan.FromSeconds(0.8), PrivateField(new ClientRetryPolicy(3), "_initialDelay"));
        // A timer may be early by its resolution; a busy machine is late by any time.
        Assert.True(refused.Gaps[0].TotalSeconds > 0.78, $"{refused.Gaps[0]}");
        Assert.True(refused.Gaps[1].TotalSeconds > 1.58, $"{refused.Gaps[1]}");
    }

    [Fact]
    public async Task OpenAI_gathers_timed_out_attempts_and_throws_a_single_one_bare()
    {
        var limit = TimeSpan.FromMilliseconds(300);

        var gathered = (await SdkFacts.OfAsync(Sdks.OpenAI))["hang"].Exception;
        var bare = await Ending.OfAsync(Fault.Hang(), server => Sdks.OpenAIWith(server, new ClientRetryPolicy(0), limit));
        var status = await Ending.OfAsync(Fault.Reset(), server => Sdks.OpenAIWith(server, new ClientRetryPolicy(0)));

        Assert.All(Assert.IsType<AggregateException>(gathered).InnerExceptions, exception => Assert.IsType<TaskCanceledException>(exception));
        Assert.IsType<TaskCanceledException>(bare.Exception);
        Assert.Equal(0, Assert.IsType<ClientResultException>(status.Exception).Status);
    }

    [Fact]
    public async Task OpenAIs_timeout_bounds_each_read_of_a_stream_not_its_length()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { TokenLatency = TimeSpan.FromMilliseconds(600) });
        var client = Sdks.OpenAIWith(server.BaseAddress, new ClientRetryPolicy(0), TimeSpan.FromSeconds(3));

        var pieces = await client.StreamAsync("one two three four five six", CancellationToken.None).ToListAsync();

        Assert.Equal("Summary: one two three four five six", string.Concat(pieces));
    }

    [Fact]
    public async Task A_stream_sends_nothing_until_it_is_enumerated()
    {
        await using var server = await LocalLlmServer.StartAsync();
        foreach (var sdk in Sdks.All)
        {
            var before = server.Requests.Count;
            var stream = sdk.Create(server.BaseAddress, null).StreamAsync("one", CancellationToken.None);
            Assert.Equal(before, server.Requests.Count);
            await stream.LastAsync();
            Assert.Equal(before + 1, server.Requests.Count);
        }
    }

    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 1)]
    public async Task Semantic_Kernels_service_gives_up_its_retries_for_an_HttpClient(bool isGivenOne, int attempts)
    {
        using var http = new HttpClient();

        var refused = await Ending.OfAsync(Fault.Status(429), server => Sdks.SemanticKernelWith(server, isGivenOne ? http : null));

        Assert.Equal(attempts, refused.Attempts);
    }

    [Theory]
    [InlineData("OllamaSharp")]
    [InlineData("Betalgo.Ranul.OpenAI")]
    [InlineData("Azure.AI.Inference")]
    public async Task WithTimeout_ends_a_stalled_stream_that_ignores_its_token(string name)
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Stall(2)] });
        var stream = Sdks.All.Single(sdk => sdk.Name == name).Create(server.BaseAddress, null).StreamAsync("one two three", CancellationToken.None);

        await Assert.ThrowsAsync<TimeoutException>(async () => await stream.WithTimeout(TimeSpan.FromMilliseconds(200), firstItem: TimeSpan.FromSeconds(30)).LastAsync());
    }

    [Theory]
    [InlineData(1000, 30, 600)]
    [InlineData(2000, 60, 600)]
    [InlineData(20_000, 600, 600)]
    [InlineData(64_000, null, 1800)]
    public async Task Anthropics_timeout_follows_the_tokens(int maxTokens, int? call, int stream)
    {
        await using var server = await LocalLlmServer.StartAsync();
        var client = Sdks.AnthropicWith(server.BaseAddress, maxTokens);

        if (call is not null)
            await client.CallAsync("one", CancellationToken.None);
        await client.StreamAsync("one", CancellationToken.None).LastAsync();

        var announced = server.Requests.Select(request => request.Headers["x-stainless-timeout"]).ToArray();
        Assert.Equal(call is { } seconds ? [$"{seconds}", $"{stream}"] : [$"{stream}"], announced);
    }

    [Fact]
    public async Task The_adapter_of_Extensions_AI_adds_no_timeout_and_no_retry()
    {
        var (adapter, client) = (await SdkFacts.OfAsync(Sdks.ExtensionsAI), await SdkFacts.OfAsync(Sdks.OpenAI));

        Assert.Equal(client.Defaults, adapter.Defaults);
        Assert.Equal((client.Attempts, client.FirstDelay), (adapter.Attempts, adapter.FirstDelay));
        Assert.Equal(client["hang"].Exception!.GetType(), adapter["hang"].Exception!.GetType());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_token_ends_a_call_that_hangs_or_waits_for_its_next_attempt(string name)
    {
        var facts = await FactsAsync(name);

        Assert.IsAssignableFrom<OperationCanceledException>(facts["cancel hang"].Exception);
        Assert.Equal((1, true), (facts["cancel hang"].Attempts, facts["cancel hang"].HeededCancel));
        Assert.Equal((1, true), (facts["cancel wait"].Attempts, facts["cancel wait"].HeededCancel));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_stream_that_has_begun_is_not_tried_again(string name)
    {
        var facts = await FactsAsync(name);

        Assert.All(["stream stall", "stream cut", "stream truncate", "stream malformed", "stream error"], key => Assert.Equal(1, facts[key].Attempts));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_thrown_is_classified(string name)
    {
        var facts = await FactsAsync(name);
        var expected = new Dictionary<string, LlmFailureKind>
        {
            ["429"] = RateLimited,
            // Its answer has no body that would say so in the exception.
            ["quota"] = facts.Sdk == Sdks.Ollama ? RateLimited : QuotaExhausted,
            ["503"] = Overloaded,
            ["529"] = Overloaded,
            ["hang"] = TimedOut,
            ["stall"] = TimedOut,
            ["refused"] = ConnectionFailed,
            ["reset"] = ConnectionFailed,
            ["cut"] = ConnectionFailed,
            ["truncate"] = Transient,
            ["malformed"] = Transient,
            ["stream 503"] = Overloaded,
            ["stream stall"] = TimedOut,
            ["stream cut"] = ConnectionFailed,
            ["stream malformed"] = Transient,
            ["stream error"] = Overloaded,
        };

        var thrown = expected.Keys.Where(key => facts[key] is { WasGivenUp: false, Exception: not null }).ToArray();

        Assert.Equal(
            thrown.Select(key => $"{key}: {expected[key]}"),
            thrown.Select(key => $"{key}: {LlmFailure.Classify(facts[key].Exception!).Kind}"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_catalog_says_what_was_measured(string name)
    {
        var facts = await FactsAsync(name);
        var rows = CatalogRows[facts.Sdk];

        Assert.Equal(
            rows.Select(row => $"{row.Type}.{row.Member}: {Measured(facts, row)}"),
            rows.Select(row => $"{row.Type}.{row.Member}: {Written(row)}"));
    }

    /// <summary>The rows that speak of what is measured; that of Microsoft.Extensions.AI says that it is the inner client's.</summary>
    private static readonly Dictionary<Sdk, CatalogRow[]> CatalogRows = new()
    {
        [Sdks.OpenAI] = Rows("OpenAI.Chat.ChatClient", "CompleteChatAsync", "CompleteChatStreamingAsync", "OpenAI.Chat.ChatClient", ".ctor"),
        [Sdks.ExtensionsAI] = [],
        [Sdks.AzureOpenAI] = [new("Azure.AI.OpenAI.AzureOpenAIClient", ".ctor", RowKind.Client)],
        [Sdks.AzureInference] = Rows("Azure.AI.Inference.ChatCompletionsClient", "CompleteAsync", "CompleteStreamingAsync", "Azure.AI.Inference.ChatCompletionsClient", ".ctor"),
        [Sdks.Anthropic] = Rows("Anthropic.Services.IMessageService", "Create", "CreateStreaming", "Anthropic.AnthropicClient", ".ctor"),
        [Sdks.Ollama] = Rows("OllamaSharp.IOllamaApiClient", "EmbedAsync", "ChatAsync", "OllamaSharp.OllamaApiClient", ".ctor"),
        [Sdks.Betalgo] = Rows("Betalgo.Ranul.OpenAI.Interfaces.IChatCompletionService", "CreateCompletion", "CreateCompletionAsStream", "Betalgo.Ranul.OpenAI.Managers.OpenAIService", ".ctor"),
        [Sdks.SemanticKernelConstructor] = [new("Microsoft.SemanticKernel.Connectors.OpenAI.OpenAIChatCompletionService", ".ctor", RowKind.Client)],
        [Sdks.SemanticKernelBuilder] = [new("Microsoft.SemanticKernel.OpenAIKernelBuilderExtensions", "AddOpenAIChatCompletion", RowKind.Client)],
    };

    private static CatalogRow[] Rows(string type, string call, string stream, string client, string construction) =>
        [new(type, call, RowKind.Call), new(type, stream, RowKind.Stream), new(client, construction, RowKind.Client)];

    private static string Measured(SdkFacts facts, CatalogRow row)
    {
        var ending = facts[row.Kind is RowKind.Stream ? "stream stall" : "stall"];
        var timeout = row.Kind is RowKind.Stream ? facts.Defaults.Stream : facts.Defaults.Call;
        var scope = (row.Kind, ending.WasGivenUp) switch
        {
            (_, true) => "/headers",
            (RowKind.Stream, _) => "/read",
            _ => "/try",
        };
        var stall = row.Kind is RowKind.Stream && ending.WasGivenUp ? " stall=never" : "";
        if (row.Kind is RowKind.Stream && !facts["cancel stall"].HeededCancel)
            stall += " stall-ignores-token";
        var retry = facts.Attempts == 1 ? "none" : FormattableString.Invariant($"{facts.Attempts - 1}x{facts.FirstDelay}s{(facts.HasJitter ? "+jitter" : "")}");
        var thrown = facts["429"].Exception is { } exception ? $"{exception.GetType().FullName} {StatusOf(exception, facts, row)}" : "nothrow";
        return FormattableString.Invariant($"{timeout.TotalSeconds}s{scope}{stall}, {retry}, {thrown}");
    }

    private static string Written(CatalogRow row)
    {
        var entry = Entry(row);
        var limit = entry.TimeoutLimit;
        var stall = row.Kind is RowKind.Stream ? string.Concat(entry.Traits.Where(trait => trait.StartsWith("stall", StringComparison.Ordinal)).Select(trait => $" {trait}")) : "";
        var retry = entry.RetryPolicy is { Source: CatalogSource.Known } policy
            ? FormattableString.Invariant($"{policy.Count}x{policy.FirstDelay.TotalSeconds}s{(policy.HasJitter ? "+jitter" : "")}")
            : entry.RetryPolicy.Source.ToString().ToLowerInvariant();
        var thrown = entry.HasTrait("nothrow") || entry.RateLimit.Contains("ResponseModels", StringComparison.Ordinal) ? "nothrow" : $"{entry.RateLimit.Split(':')[0]} 429";
        return FormattableString.Invariant($"{limit.Shortest.TotalSeconds}s/{limit.Scope.ToString().ToLowerInvariant()}{stall}, {retry}, {thrown}");
    }

    /// <summary>What the member holds that the row says holds the status.</summary>
    private static int? StatusOf(Exception exception, SdkFacts facts, CatalogRow row) =>
        Entry(row).RateLimit.Split(':') is [_, var member] && exception.GetType().GetProperty(member)?.GetValue(exception) is { } value ? Convert.ToInt32(value) : null;

    private static CatalogEntry Entry(CatalogRow row) =>
        LlmCatalog.BuiltIn.First(entry => entry.Type == row.Type && entry.Members.Contains(row.Member));

    private static async Task<SdkFacts> FactsAsync(string name) => await SdkFacts.OfAsync(Sdks.All.Single(sdk => sdk.Name == name));

    private static object? PrivateField(object target, string name) =>
        typeof(ClientRetryPolicy).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(target);

    private enum RowKind
    {
        Call,
        Stream,
        Client,
    }

    private sealed record CatalogRow(string Type, string Member, RowKind Kind);
}
