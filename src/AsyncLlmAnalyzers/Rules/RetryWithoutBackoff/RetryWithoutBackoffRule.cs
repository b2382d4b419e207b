using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.RetryWithoutBackoff;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a hand-written retry makes the next attempt at once, or always after the same time;</item>
/// <item>many such retries run at once, and nothing random sets their attempts apart.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the delay grows, or follows the server's Retry-After, and has a random part where several run at once;</item>
/// <item>the delay comes from where it cannot be seen, or a pipeline or helper repeats the call;</item>
/// <item>the next attempt goes to another client or item;</item>
/// <item>no refusal is caught, but a timeout, a cancellation or an answer that cannot be read.</item>
/// </list>
/// </summary>
internal sealed class RetryWithoutBackoffRule : LlmRule
{
    public const string Id = "ALLM4003";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A retry does not wait longer each time",
        message: "'{0}' is sent again {1}{2}: wait longer after each attempt, with a random part, as long as the server asks",
        DiagnosticSeverity.Info,
        description: "A server that is rate limiting refuses attempts that come too soon or all together, and counts them; only waits that grow, differ between callers and respect Retry-After let it recover.");

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 50;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.Catch;

    public override Finding? Inspect(Site site)
    {
        if (site.Retry is not { } retry || !RefusalCaught.MayBe(retry.Clause))
            return null;

        var delay = AttemptDelay.Of(retry);
        var how = delay switch
        {
            { Kind: DelayKind.None } => "at once, and the server that refused it refuses it again",
            { Kind: DelayKind.Constant, IsRandom: false } => $"always after the same time ({Written(delay.Value!)}), however long the server is busy",
            { Kind: DelayKind.Varying, IsRandom: false } when PerItem.Of(retry.Clause, site.Context, site.CancellationToken).Verdict == Verdict.Yes =>
                "by all that were refused together, at the same moment",
            _ => null,
        };
        return how is null ? null : new Finding(Descriptor, retry.Location, retry.Target.Name, how, CarriesRetryAfter(retry.Clause) ? "; the answer's Retry-After is not read" : "");
    }

    /// <summary>A bare number is one of milliseconds.</summary>
    private static string Written(IOperation delay) => delay.ConstantValue is { HasValue: true, Value: int milliseconds }
        ? FormattableString.Invariant($"{TimeSpan.FromMilliseconds(milliseconds).TotalSeconds} s")
        : delay.Syntax.ToString();

    /// <summary>The exception gives access to the response and so to its headers.</summary>
    private static bool CarriesRetryAfter(ICatchClauseOperation clause) => clause.ExceptionType.BaseTypesAndSelf().Any(type => !type.GetMembers("GetRawResponse").IsEmpty);
}
