using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Tests.Consistency;

public class PresetTests
{
    [Theory]
    [InlineData(nameof(Preset.Minimal), DiagnosticSeverity.Warning, null, "none")]
    [InlineData(nameof(Preset.Minimal), DiagnosticSeverity.Warning, RuleTags.Minimal, null)]
    [InlineData(nameof(Preset.Recommended), DiagnosticSeverity.Warning, null, null)]
    [InlineData(nameof(Preset.Recommended), DiagnosticSeverity.Info, null, null)]
    [InlineData(nameof(Preset.Strict), DiagnosticSeverity.Info, null, "warning")]
    [InlineData(nameof(Preset.Strict), DiagnosticSeverity.Info, RuleTags.SuggestionInStrict, null)]
    [InlineData(nameof(Preset.Strict), DiagnosticSeverity.Warning, null, null)]
    [InlineData(nameof(Preset.Tests), DiagnosticSeverity.Warning, null, null)]
    [InlineData(nameof(Preset.Tests), DiagnosticSeverity.Warning, RuleTags.SuggestionInTests, "suggestion")]
    [InlineData(nameof(Preset.Tests), DiagnosticSeverity.Info, RuleTags.SuggestionInTests, null)]
    public void Changes_the_severity_only_where_it_says_so(string preset, DiagnosticSeverity severity, string? tag, string? changed)
    {
        var descriptor = Descriptors.Create("ALLM1999", "Title", "Message", severity, "Description.", tag is null ? [] : [tag]);

        Assert.Equal(changed, Preset.All.Single(other => other.Name == preset).SeverityOf(new(descriptor, "Example", IsHosted: true)));
    }

    /// <summary>What is wrong with a project's own configuration is said under every mode.</summary>
    [Fact]
    public void Minimal_keeps_the_rules_about_configuration() => Lines.AssertNone(
        ShippedRule.All.Where(rule => rule.Descriptor.Category == "Configuration" && Preset.Minimal.SeverityOf(rule) is not null).Select(rule => rule.Id),
        "Rules about configuration that Minimal switches off");
}
