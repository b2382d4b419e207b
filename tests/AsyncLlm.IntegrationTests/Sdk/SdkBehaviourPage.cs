using System.Globalization;
using System.Text;

namespace AsyncLlm.IntegrationTests;

/// <summary>What was measured, as a page to read. Categories and rounded numbers only: it is the same on every machine.</summary>
internal static class SdkBehaviourPage
{
    private static readonly (string Case, string Label)[] Whole =
    [
        ("429", "answers 429"),
        ("quota", "answers 429, the quota is used up"),
        ("503", "answers 503"),
        ("529", "answers 529"),
        ("hang", "does not answer"),
        ("stall", "stops after the headers"),
        ("refused", "is not there: connection refused"),
        ("reset", "resets the connection"),
        ("cut", "resets it in the middle of the answer"),
        ("truncate", "ends the answer in its middle"),
        ("malformed", "answers something that is no JSON"),
    ];

    private static readonly (string Case, string Label)[] Streams =
    [
        ("stream 503", "answers 503 instead of a stream"),
        ("stream stall", "stops in the middle of a stream"),
        ("stream cut", "resets the connection in the middle of a stream"),
        ("stream truncate", "ends a stream early, in good order"),
        ("stream malformed", "sends an event that is no JSON"),
        ("stream error", "sends an error event, and ends"),
    ];

    private static readonly (string Headers, string Label)[] Waits =
    [
        ("retry-after=2", "`Retry-After: 2`"),
        ("retry-after=date:3", "a date"),
        ("retry-after-ms=2000", "`retry-after-ms`"),
        ("retry-after=0", "`Retry-After: 0`"),
        ("retry-after=75", "`Retry-After: 75`"),
        ("x-should-retry=false", "`x-should-retry: false`"),
    ];

    public static string Of(IReadOnlyList<SdkFacts> all)
    {
        var page = new StringBuilder($"""
            # What your SDK does when the model hangs

            Measured, not copied from documentation: the tests in `tests/AsyncLlm.IntegrationTests/Sdk` drive each client library, with its defaults, against a
            server on this machine that hangs, stalls, refuses and breaks off, and write this page. When a new version behaves differently they fail.
            `{UpdateCommand}` rewrites it. Timeouts are measured scaled down; what they are by default is read from the client.

            ## How long a call can take

            The server accepts the request and never answers. A client that tries again waits for its timeout each time.

            | Client | Version | Attempts x timeout | Worst case | You catch |
            | --- | --- | --- | --- | --- |

            """);
        foreach (var facts in all)
        {
            var (attempts, timeout) = (facts["hang"].Attempts, facts.Defaults.Call);
            page.AppendLine($"| {facts.Sdk.Name} | {facts.Sdk.Version} | {attempts} x {Seconds(timeout)} | {Seconds(attempts * timeout)}{(attempts > 1 && facts.FirstDelay > 0 ? " and the waits between" : "")} | {Catch(facts["hang"])} |");
        }

        page.Append("""

            Anthropic's timeout follows `MaxTokens`: 30 s up to 1,000 tokens, then 30 s for every 1,000, 10 min at the most; 10 min to open a stream, more for a `MaxTokens` beyond 21,000.

            ## What stalls forever

            The headers have come, then nothing. "Never" means that only you can end it, "no" in the last column that the client does not look at your token while it waits:
            there nothing does.

            | Client | A stalled answer ends after | A stalled stream ends after | Your token ends a stalled stream |
            | --- | --- | --- | --- |

            """);
        foreach (var facts in all)
            page.AppendLine($"| {facts.Sdk.Name} | {EndsAfter(facts["stall"], facts.Defaults.Call)} | {EndsAfter(facts["stream stall"], facts.Defaults.Stream, " per read")} | {Heeds(facts["cancel stall"])} |");

        page.Append("""

            Your token ends a call that hangs, and one that waits for its next attempt, at once in every one of them.

            ## What is tried again, and when

            | Client | Attempts | Waits between |
            """).Append(string.Concat(SdkFacts.Statuses.Select(status => $" {status} |"))).Append("\n| --- | --- | --- |").Append(string.Concat(SdkFacts.Statuses.Select(_ => " --- |"))).Append('\n');
        foreach (var facts in all)
            page.AppendLine($"| {facts.Sdk.Name} | {facts.Attempts} | {Delays(facts)} | {string.Join(" | ", SdkFacts.Statuses.Select(status => Mark(facts.IsRetried(status))))} |");

        page.AppendLine($"""

            A client that does not wait between its attempts has used them up within the same moment in which the server refused the first. With OpenAI's that is so as
            long as no retry policy is given: `RetryPolicy = new ClientRetryPolicy(3)` waits 0.8 s, 1.6 s and 3.2 s.

            What a 429 says about when to come back, and whether the client does as it says (75 s: it waits, and nothing but your token bounds that):

            | Client | {string.Join(" | ", Waits.Select(wait => wait.Label))} |
            | --- |{string.Concat(Waits.Select(_ => " --- |"))}
            """);
        foreach (var facts in all)
            page.AppendLine($"| {facts.Sdk.Name} | {string.Join(" | ", Waits.Select(wait => facts.Attempts == 1 ? "no retries" : Mark(facts.IsHonoured(wait.Headers))))} |");

        page.Append("""

            No client tries a stream again that has begun.

            ## What you catch

            `LlmFailure` is what [AsyncLlm](runtime/README.md) makes of the exception. *Nothing* means that the answer looks whole and is not.

            """);
        foreach (var facts in all)
        {
            page.Append($"\n### {facts.Sdk.Name} {facts.Sdk.Version}\n\n| The server | Attempts | You catch | `LlmFailure` |\n| --- | --- | --- | --- |\n");
            foreach (var (name, label) in Whole.Concat(Streams))
                page.AppendLine($"| {label} | {Attempts(facts[name])} | {Catch(facts[name])} | {Kind(facts[name])} |");
        }

        page.Append($"""

            ## Not measured here

            Azure.AI.OpenAI 2.1, the last one that is no preview, is built against OpenAI 2.1 and throws `MissingMethodException` with the version above, so it cannot be in one
            program with it; Google, Amazon Bedrock and the rest of the [catalog](catalog.md) have rows from their sources.

            """);
        return page.ToString().ReplaceLineEndings("\n");
    }

    public const string UpdateCommand = "UPDATE_GENERATED=1 dotnet test tests/AsyncLlm.IntegrationTests";

    /// <summary>Where nobody listens, nobody counts.</summary>
    private static string Attempts(Ending ending) => ending switch
    {
        { WasGivenUp: true } => "1",
        { Attempts: 0 } => "-",
        _ => $"{ending.Attempts}",
    };

    private static string Catch(Ending ending) => ending switch
    {
        { WasGivenUp: true, HeededCancel: false } => "nothing, forever, not even when you cancel",
        { WasGivenUp: true, Exception: null } => "nothing, forever; when you cancel it ends as if it were whole",
        { WasGivenUp: true } => "nothing, forever",
        { Exception: null } when ending.Text.Contains("Successful", StringComparison.Ordinal) => $"no exception: `{ending.Text[ending.Text.IndexOf("Successful", StringComparison.Ordinal)..]}`",
        { Exception: null } => "*nothing*",
        { Exception: var exception } => $"`{ExceptionText.Of(exception)}`",
    };

    private static string Kind(Ending ending) => ending is { WasGivenUp: false, Exception: { } exception } ? $"{LlmFailure.Classify(exception).Kind}" : "-";

    private static string EndsAfter(Ending ending, TimeSpan timeout, string scope = "") => ending switch
    {
        { WasGivenUp: true } => "**never**",
        { Attempts: > 1 } => $"{ending.Attempts} x {Seconds(timeout)}{scope}",
        _ => $"{Seconds(timeout)}{scope}",
    };

    private static string Heeds(Ending ending) => ending switch
    {
        { HeededCancel: false } => "**no**",
        { Exception: null } => "yes, without an exception",
        _ => "yes",
    };

    private static string Delays(SdkFacts facts) => (facts.Attempts, facts.FirstDelay) switch
    {
        (1, _) => "-",
        (_, 0) => "**none**",
        (_, var first) => $"{first.ToString(CultureInfo.InvariantCulture)} s{(facts.IsGrowing ? ", doubling" : "")}{(facts.HasJitter ? ", jitter" : "")}",
    };

    private static string Mark(bool yes) => yes ? "yes" : "no";

    private static string Seconds(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? "no end" : $"{time.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s";
}
