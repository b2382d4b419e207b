using System.Text.RegularExpressions;

namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>Every rule has a page of one shape whose generated parts are up to date, and the pages of docs/ lead nowhere false.</summary>
public partial class RulePagesTests
{
    public static TheoryData<string> Ids => RulesTests.Ids;

    public static TheoryData<string> Pages =>
    [
        .. Directory.GetFiles(Repository.Root, "*.md").Concat(Directory.GetFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    [Theory, MemberData(nameof(Ids))]
    public void Header_and_cause_are_up_to_date(string id) => GeneratedText.Check(ShippedRule.Of(id).Page, _ => RulePage.Load(id).WithGeneratedParts());

    [Theory, MemberData(nameof(Ids))]
    public void Page_has_the_headings_in_order_and_a_text_below_each(string id)
    {
        var sections = RulePage.Load(id).Sections;

        Lines.AssertSame(RulePage.Headings, sections.Select(section => section.Title), $"The headings of {ShippedRule.Of(id).Page}");
        Lines.AssertNone(sections.Where(section => string.IsNullOrWhiteSpace(section.Text)).Select(section => section.Title), $"Headings of {ShippedRule.Of(id).Page} without a text");
    }

    [Fact]
    public void Every_page_belongs_to_a_rule() => Lines.AssertNone(
        Directory.GetFiles(Repository.PathOf("docs/rules"), "ALLM*.md").Select(file => Path.GetFileNameWithoutExtension(file)).Except(ShippedRule.All.Select(rule => rule.Id)),
        "Pages of rules that do not exist");

    [Theory, MemberData(nameof(Pages))]
    public void Page_names_only_options_that_exist(string page)
    {
        var known = GeneratedTables.AllOptions.Select(option => option.Key).ToHashSet();
        Lines.AssertNone(OptionKey().Matches(Read(page)).Select(match => match.Value).Where(key => !known.Contains(key)), $"Options in {page} that nothing reads");
    }

    [Theory, MemberData(nameof(Pages))]
    public void Page_links_to_files_that_exist(string page)
    {
        var folder = Path.GetDirectoryName(Repository.PathOf(page))!;
        Lines.AssertNone(
            RelativeLink().Matches(Read(page)).Select(match => match.Groups["target"].Value).Where(target => !Path.Exists(Path.Combine(folder, target))),
            $"Links of {page} that lead nowhere");
    }

    private static string Read(string page) => File.ReadAllText(Repository.PathOf(page));

    [GeneratedRegex(@"\basync_llm\.[\w.]+")]
    private static partial Regex OptionKey();

    [GeneratedRegex(@"\]\((?!\w+:|#)(?<target>[^)#\s]+)[^)]*\)")]
    private static partial Regex RelativeLink();
}
