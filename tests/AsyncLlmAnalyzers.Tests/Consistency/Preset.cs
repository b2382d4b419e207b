using System.Text;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>A value of <c>AsyncLlmAnalysisMode</c>: what it says and where it differs from the rules' own severities.</summary>
internal sealed record Preset(string Name, string Meaning, Func<ShippedRule, string?> SeverityOf)
{
    public static readonly Preset Minimal = new(
        "Minimal",
        "Only the rules whose findings lose requests, money or answers.",
        rule => rule.Is(RuleTags.Minimal) ? null : "none");

    public static readonly Preset Recommended = new(
        "Recommended",
        "The default: every rule with its own severity.",
        _ => null);

    public static readonly Preset Strict = new(
        "Strict",
        "What is likely but cannot be proven is a warning too.",
        rule => rule.Descriptor.DefaultSeverity == DiagnosticSeverity.Info && !rule.Is(RuleTags.SuggestionInStrict) ? "warning" : null);

    public static readonly Preset Tests = new(
        "Tests",
        "The default of test projects: load and time are suggestions, wrong results stay warnings.",
        rule => rule.Is(RuleTags.OffInTests) ? "none"
            : rule.Descriptor.DefaultSeverity == DiagnosticSeverity.Warning && rule.Is(RuleTags.SuggestionInTests) ? "suggestion" : null);

    public static readonly IReadOnlyList<Preset> All = [Minimal, Recommended, Strict, Tests];

    public string GlobalConfig()
    {
        var text = new StringBuilder()
            .Append($"# AsyncLlmAnalysisMode={Name}. {Meaning}\n")
            .Append($"# Generated: {GeneratedText.UpdateCommand}\n")
            .Append("is_global = true\n")
            .Append("# Below every global config of the project, so that its own settings win.\n")
            .Append("global_level = -1\n");
        foreach (var rule in ShippedRule.All)
        {
            if (SeverityOf(rule) is { } severity)
                text.Append($"\n# {rule.Descriptor.Title}\ndotnet_diagnostic.{rule.Id}.severity = {severity}\n");
        }

        return text.ToString();
    }

    /// <summary>As <c>.editorconfig</c> spells a severity.</summary>
    public static string Spell(DiagnosticSeverity severity) => severity == DiagnosticSeverity.Info ? "suggestion" : severity.ToString().ToLowerInvariant();
}
