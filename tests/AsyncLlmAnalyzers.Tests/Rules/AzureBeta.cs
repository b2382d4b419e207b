using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Tests.Catalog;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>Code that binds to the assembly of Azure.AI.OpenAI 1.0.0-beta.6, where a token that fires aborts the process that streams.</summary>
internal static class AzureBeta
{
    private const string Assembly = "Azure.AI.OpenAI";

    /// <param name="id">The rule.</param>
    /// <param name="members">Members of a class that has a client called <c>beta</c>.</param>
    public static Task SilentAsync(string id, string members)
    {
        Assert.DoesNotContain("[|", members, StringComparison.Ordinal);
        return ReportsAsync(id, members);
    }

    public static Task ReportsAsync(string id, string members)
    {
        var test = new RuleTest(id)
        {
            TestCode = $$"""
                using Azure.AI.OpenAI;

                class Answers(OpenAIClient beta)
                {
                    {{members}}
                }
                """,
        };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.SolutionTransforms.Add((solution, projectId) =>
        {
            var released = solution.GetProject(projectId)!.MetadataReferences.Single(reference => Path.GetFileNameWithoutExtension(reference.Display) == Assembly);
            return solution.RemoveMetadataReference(projectId, released).AddMetadataReference(projectId, Packages.Reference(Assembly, "1.0.0-beta.6", "netstandard2.0", Assembly));
        });
        return test.RunAsync();
    }
}
