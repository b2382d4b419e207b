using System.Text.RegularExpressions;
using AsyncLlmAnalyzers.Catalog;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Tests.Catalog;

/// <summary>docs/catalog.md says what the parser does.</summary>
public partial class CatalogPageTests
{
    private static readonly string Page = ReadPage();

    [Fact]
    public void Its_examples_can_be_read()
    {
        var examples = Examples().Matches(Page).Select(match => CatalogFile.Parse("docs/catalog.md", SourceText.From(match.Groups["rows"].Value))).ToArray();

        Assert.True(examples.Length >= 2);
        Assert.All(examples, example => Assert.NotEmpty(example.Entries));
        Assert.Equal([], examples.SelectMany(example => example.Errors).Select(error => error.Message));
    }

    [Theory]
    [InlineData("A.B | Ask | ?")]
    [InlineData("A.B | Ask | chat | ?")]
    [InlineData("A.B | Ask | bounds | ?")]
    [InlineData("A.B | Ask | chat | - | ?")]
    public void It_explains_every_word_the_parser_knows(string rowWithUnknownWord)
    {
        var message = Assert.Single(CatalogFile.Parse("", SourceText.From(rowWithUnknownWord)).Errors).Message;
        var words = message.Substring(message.IndexOf("one of ", StringComparison.Ordinal) + "one of ".Length).Split(';', '.')[0].Split(", ");

        Assert.Equal([], words.Where(word => !Page.Contains("`" + word, StringComparison.Ordinal)));
        Assert.True(words.Length >= 4, message);
    }

    [GeneratedRegex("^```catalog\n(?<rows>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Examples();

    private static string ReadPage()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "AsyncLlmAnalyzers.sln")))
            folder = folder.Parent;
        return File.ReadAllText(Path.Combine(folder.FullName, "docs", "catalog.md"));
    }
}
