using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Rules.UncancellableClient;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>One rule, hosted alone, and its fix, on code that binds to the real libraries.</summary>
internal sealed class RuleTest : CSharpCodeFixTest<LlmAnalyzer, NoFix, DefaultVerifier>
{
    /// <summary>What every modern project has in scope, so that a test shows only what it is about.</summary>
    public const string Prelude = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly IReadOnlyDictionary<string, CodeFixProvider> Fixes = typeof(LlmFix).Assembly.GetTypes()
        .Where(type => !type.IsAbstract && typeof(CodeFixProvider).IsAssignableFrom(type))
        .Select(type => (CodeFixProvider)Activator.CreateInstance(type)!)
        .ToDictionary(fix => fix.FixableDiagnosticIds.Single());

    private readonly string _id;
    private readonly bool _fixAllWithoutKey;

    /// <param name="id">The rule under test.</param>
    /// <param name="withRuntime">Whether the code can name <c>AsyncLlm</c>, so that fixes write its helpers.</param>
    /// <param name="fixAllWithoutKey">Runs Fix All as <c>dotnet format</c> does when the first diagnostic has no fix: with no equivalence key.</param>
    public RuleTest(string id, bool withRuntime = false, bool fixAllWithoutKey = false)
    {
        _id = id;
        _fixAllWithoutKey = fixAllWithoutKey;
        ReferenceAssemblies = ReferenceAssemblies.TestHost;
        MarkupOptions = MarkupOptions.UseFirstDescriptor;
        if (!withRuntime)
            SolutionTransforms.Add(WithoutRuntime);
    }

    public static CodeFixProvider? FixOf(string id) => Fixes.GetValueOrDefault(id);

    /// <summary>The rule alone in the dispatcher, or the analyzer that is the rule.</summary>
    public static DiagnosticAnalyzer Host(string id) =>
        LlmAnalyzer.Rules.FirstOrDefault(rule => rule.Descriptor.Id == id) is { } rule
            ? new LlmAnalyzer([rule])
            : new DiagnosticAnalyzer[] { new UncancellableClientAnalyzer() }.Single(analyzer => analyzer.SupportedDiagnostics.Any(descriptor => descriptor.Id == id));

    protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => [Host(_id)];

    protected override IEnumerable<CodeFixProvider> GetCodeFixProviders() =>
        FixOf(_id) is not { } fix ? [] : _fixAllWithoutKey ? [new WithoutKey(fix)] : [fix];

    private static Solution WithoutRuntime(Solution solution, ProjectId _)
    {
        foreach (var project in solution.Projects)
        {
            foreach (var reference in project.MetadataReferences.Where(reference => Path.GetFileName(reference.Display)!.StartsWith("AsyncLlm.", StringComparison.Ordinal)))
                solution = solution.RemoveMetadataReference(project.Id, reference);
        }

        return solution;
    }
}

/// <summary>Stands in the type argument; <see cref="RuleTest"/> names the real fix.</summary>
internal sealed class NoFix : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds => [];

    public override Task RegisterCodeFixesAsync(CodeFixContext context) => Task.CompletedTask;
}

#pragma warning disable RS1010 // the missing key is what it is for
/// <summary>Drops the equivalence key of every action on its way to the host.</summary>
internal sealed class WithoutKey(CodeFixProvider fix) : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds => fix.FixableDiagnosticIds;

    public override FixAllProvider? GetFixAllProvider() => fix.GetFixAllProvider();

    public override Task RegisterCodeFixesAsync(CodeFixContext context) => fix.RegisterCodeFixesAsync(new CodeFixContext(
        context.Document,
        context.Span,
        context.Diagnostics,
        (action, diagnostics) => context.RegisterCodeFix(CodeAction.Create(action.Title, token => ChangedSolutionAsync(action, token), equivalenceKey: null), diagnostics),
        context.CancellationToken));

    private static async Task<Solution> ChangedSolutionAsync(CodeAction action, CancellationToken cancellationToken) =>
        (await action.GetOperationsAsync(cancellationToken)).OfType<ApplyChangesOperation>().Single().ChangedSolution;
}
