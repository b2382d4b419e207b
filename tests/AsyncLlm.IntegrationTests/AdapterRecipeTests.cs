using System.Text.RegularExpressions;

namespace AsyncLlm.IntegrationTests;

public sealed partial class AdapterRecipeTests
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> Recipes => [.. Code().Matches(File.ReadAllText(Path.Combine(Root, "docs", "runtime", "adapters.md"))).Select(match => match.Groups["code"].Value)];

    [Theory, MemberData(nameof(Recipes))]
    public void The_code_of_the_page_is_compiled(string recipe) =>
        Assert.Contains(Plain(recipe), Plain(File.ReadAllText(Path.Combine(Root, "tests", "AsyncLlm.IntegrationTests", "AdapterRecipes.cs"))), StringComparison.Ordinal);

    private static string Plain(string code) => Blank().Replace(code, " ").Trim();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AsyncLlmAnalyzers.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();
}
