using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Tests.Consistency;

namespace AsyncLlmAnalyzers.Tests.Samples;

/// <summary>The two samples tell the truth: Before warns where its comments say, and After is what the fixes make of it.</summary>
public class PromptBatchConsistencyTests
{
    private static readonly SampleProject Before = SampleProject.Load("samples/PromptBatch.Before");

    private static readonly Lazy<Task<SampleProject>> After = new(() =>
        Before.WithoutMarks().FixAsync([.. Marks.Select(mark => mark[^"ALLM0000".Length..]).Distinct().Order(StringComparer.Ordinal)]));

    private static IEnumerable<string> Marks =>
        from source in Before.Sources
        from mark in new Example(source.Text, Fixed: null, FixedWithRuntime: null).Marks
        select $"{source.Name}:{mark}";

    [Fact]
    public async Task Before_warns_where_its_comments_say_and_nowhere_else() => Lines.AssertSame(
        Marks, (await Before.WarningsAsync()).Select(Place), "Warnings of samples/PromptBatch.Before");

    [Fact]
    public async Task After_is_Before_with_the_fixes_applied()
    {
        foreach (var (name, text) in (await After.Value).Sources)
            GeneratedText.Check($"samples/PromptBatch.After/{name}", _ => text);
        Assert.Equal(Before.Sources.Select(source => source.Name), SampleProject.Load("samples/PromptBatch.After").Sources.Select(source => source.Name));
    }

    [Fact]
    public async Task After_warns_of_nothing() =>
        Lines.AssertNone((await (await After.Value).WarningsAsync()).Select(diagnostic => diagnostic.ToString()), "Warnings of samples/PromptBatch.After");

    private static string Place(Diagnostic diagnostic)
    {
        var start = diagnostic.Location.GetLineSpan();
        return $"{start.Path}:{start.StartLinePosition.Line + 1}: {diagnostic.Id}";
    }
}
