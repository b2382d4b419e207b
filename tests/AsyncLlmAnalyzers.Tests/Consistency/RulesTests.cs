using System.Reflection;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>What every rule owes: a well-formed descriptor, its files where they are looked for, a fix or the word that there is none.</summary>
public class RulesTests
{
    public static TheoryData<string> Ids => [.. ShippedRule.All.Select(rule => rule.Id)];

    public static TheoryData<string> HostedIds => [.. ShippedRule.All.Where(rule => rule.IsHosted).Select(rule => rule.Id)];

    [Fact]
    public void Ids_are_unique() => Assert.Equal(ShippedRule.All.Select(rule => rule.Id).Distinct(), ShippedRule.All.Select(rule => rule.Id));

    [Fact]
    public void Names_are_unique() => Assert.Equal(ShippedRule.All.Select(rule => rule.Name).Distinct(), ShippedRule.All.Select(rule => rule.Name));

    [Theory, MemberData(nameof(Ids))]
    public void Descriptor_is_well_formed(string id)
    {
        var descriptor = ShippedRule.Of(id).Descriptor;
        var (title, message, description) = (descriptor.Title.ToString(), descriptor.MessageFormat.ToString(), descriptor.Description.ToString());

        Assert.Matches(@"^ALLM[1-69]\d{3}$", id);
        Assert.EndsWith($"/docs/rules/{id}.md", descriptor.HelpLinkUri, StringComparison.Ordinal);
        Assert.True(descriptor.IsEnabledByDefault, "A rule that is off by default is found by nobody; presets switch rules off.");
        Assert.False(title.EndsWith('.'), $"A title has no final period: {title}");
        Assert.False(message.EndsWith('.') || message.Contains(". ", StringComparison.Ordinal), $"A message is one sentence without a final period: {message}");
        Assert.True(description.EndsWith('.'), $"A description is whole sentences: {description}");
    }

    [Theory, MemberData(nameof(HostedIds))]
    public void Files_of_a_rule_carry_its_name(string id)
    {
        var rule = ShippedRule.Of(id);
        List<string> files = [$"src/AsyncLlmAnalyzers/Rules/{rule.Name}/{rule.Name}Rule.cs", $"tests/AsyncLlmAnalyzers.Tests/Rules/{rule.Name}Tests.cs"];
        if (rule.HasFix)
            files.Add($"src/AsyncLlmAnalyzers/Rules/{rule.Name}/{rule.Name}Fix.cs");

        Lines.AssertNone(files.Where(file => !File.Exists(Repository.PathOf(file))), $"Files of {id} that do not exist");
    }

    [Theory, MemberData(nameof(Ids))]
    public void Rule_has_a_fix_or_says_that_it_has_none(string id)
    {
        var rule = ShippedRule.Of(id);
        Assert.True(
            rule.HasFix != rule.Is(RuleTags.NoFix),
            rule.HasFix ? $"{id} has a fix and the tag {nameof(RuleTags.NoFix)}" : $"{id} has neither a fix nor the tag {nameof(RuleTags.NoFix)}");
    }

    [Fact]
    public void Fixes_are_exported() => Lines.AssertNone(
        typeof(LlmFix).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && typeof(CodeFixProvider).IsAssignableFrom(type) && type.GetCustomAttribute<ExportCodeFixProviderAttribute>() is null)
            .Select(type => type.Name),
        "Fixes that no editor finds, for want of [ExportCodeFixProvider]");

    [Fact]
    public void Fixes_fix_rules_that_exist() => Lines.AssertNone(
        ShippedRule.Fixes.SelectMany(fix => fix.FixableDiagnosticIds)
            .Where(id => id.StartsWith("ALLM", StringComparison.Ordinal))
            .Except(ShippedRule.All.Select(rule => rule.Id)),
        "Ids with a fix and no rule");

    [Theory, MemberData(nameof(Ids))]
    public void Rule_about_code_answers_a_topic_of_the_guide(string id) =>
        Assert.Equal(id[4] == '9', !SeedTopics.Of(id).Any());
}
