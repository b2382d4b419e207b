using System.Reflection;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>The texts derived from the rules and options. Every line ends with a line feed.</summary>
internal static class GeneratedTables
{
    public static string RulesOfReadme() => Table(
        ["Rule", "Reports", "Severity", "Fix"],
        ShippedRule.All.Select(rule => new[] { $"[{rule.Id}]({rule.Page})", Title(rule), SeverityOf(rule), rule.HasFix ? "yes" : "" }));

    public static string RuleIndex() => string.Join('\n', ShippedRule.All.GroupBy(rule => rule.Descriptor.Category).Select(category =>
        $"## {category.Key}\n\n" + Table(
            ["Rule", "Reports", "Severity", "Minimal", "Tests", "Strict", "Fix"],
            category.Select(rule => new[]
            {
                $"[{rule.Id}]({rule.Id}.md) {rule.Name}",
                Title(rule),
                SeverityOf(rule),
                Preset.Minimal.SeverityOf(rule) ?? "",
                Preset.Tests.SeverityOf(rule) ?? "",
                Preset.Strict.SeverityOf(rule) ?? "",
                rule.HasFix ? "yes" : "",
            }))));

    public static string PageHeader(ShippedRule rule) => $"# {rule.Id}: {Title(rule)}\n\n" + Table(
        ["", ""],
        [
            ["Id", rule.Id],
            ["Category", rule.Descriptor.Category],
            ["Severity", SeverityOf(rule)],
            ["Minimal preset", Preset.Minimal.SeverityOf(rule) is null ? "yes" : "no"],
            ["Test projects", Preset.Tests.SeverityOf(rule) ?? SeverityOf(rule)],
            ["Fix", rule.HasFix ? "yes" : "no"],
            .. SeedTopics.Of(rule.Id).ToList() is { Count: > 0 } topics ? [["Python seed topic", string.Join("; ", topics)]] : Array.Empty<string[]>(),
        ]);

    public static string OptionTable() => Table(
        ["Key", "Default", "Meaning"],
        AllOptions.Select(option => new[] { $"`{option.Key}`", option.DefaultText == "" ? "" : $"`{option.DefaultText}`", option.Meaning }));

    public static string PresetTable() => Table(
        ["Mode", "Meaning"],
        Preset.All.Select(preset => new[] { $"`{preset.Name}`", preset.Meaning }));

    public static IEnumerable<Option> AllOptions { get; } =
    [
        .. typeof(Options).GetFields(BindingFlags.Static | BindingFlags.Public).Select(field => (Option)field.GetValue(null)!).OrderBy(option => option.Key, StringComparer.Ordinal),
    ];

    /// <summary>The form that the compiler's own release tracking reads.</summary>
    public static string UnshippedRules(string shipped)
    {
        var rows = ShippedRule.All
            .Where(rule => !shipped.Contains($"{rule.Id} |", StringComparison.Ordinal))
            .Select(rule => $"{rule.Id} | {rule.Descriptor.Category} | {rule.Descriptor.DefaultSeverity} | {rule.Name}\n")
            .ToList();
        return rows.Count == 0 ? "" : $"### New Rules\n\nRule ID | Category | Severity | Notes\n--------|----------|----------|-------\n{string.Concat(rows)}";
    }

    private static string Title(ShippedRule rule) => rule.Descriptor.Title.ToString();

    private static string SeverityOf(ShippedRule rule) => Preset.Spell(rule.Descriptor.DefaultSeverity);

    private static string Table(string[] header, IEnumerable<string[]> rows) =>
        string.Concat(rows.Prepend([.. header.Select(_ => "---")]).Prepend(header).Select(row => $"| {string.Join(" | ", row)} |\n"));
}
