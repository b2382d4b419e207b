#if OFFICIAL_TESTING
using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

// Nearer than the official types of the same names, and the same but for how sources compile by default.
namespace AsyncLlmAnalyzers.Tests;

public class CSharpAnalyzerTest<TAnalyzer, TVerifier> : Microsoft.CodeAnalysis.CSharp.Testing.CSharpAnalyzerTest<TAnalyzer, TVerifier>
    where TAnalyzer : DiagnosticAnalyzer, new()
    where TVerifier : IVerifier, new()
{
    public CSharpAnalyzerTest() => OfficialDefaults.Apply(this);

    protected override Project ApplyCompilationOptions(Project project) => OfficialDefaults.LetConfigDecide(base.ApplyCompilationOptions(project));
}

public class CSharpCodeFixTest<TAnalyzer, TCodeFix, TVerifier> : Microsoft.CodeAnalysis.CSharp.Testing.CSharpCodeFixTest<TAnalyzer, TCodeFix, TVerifier>
    where TAnalyzer : DiagnosticAnalyzer, new()
    where TCodeFix : CodeFixProvider, new()
    where TVerifier : IVerifier, new()
{
    public CSharpCodeFixTest() => OfficialDefaults.Apply(this);

    protected override Project ApplyCompilationOptions(Project project) => OfficialDefaults.LetConfigDecide(base.ApplyCompilationOptions(project));
}

/// <summary>Gives the official library the one member of ours it lacks.</summary>
internal static class OfficialReferenceAssemblies
{
    public static readonly ReferenceAssemblies Framework = Create("framework", HostReferences.Framework);
    private static readonly ReferenceAssemblies All = Create("testhost", HostReferences.All);

    extension(ReferenceAssemblies)
    {
        public static ReferenceAssemblies TestHost => All;
    }

    // Seeding its cache is the only way to references that are files and not a package.
    private static ReferenceAssemblies Create(string name, IEnumerable<MetadataReference> references)
    {
        var result = new ReferenceAssemblies(name);
        var cache = typeof(ReferenceAssemblies).GetField("_references", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(result);
        ((Dictionary<string, ImmutableArray<MetadataReference>>)cache!).Add("", [.. references]);
        return result;
    }
}

file static class OfficialDefaults
{
    public static void Apply<TVerifier>(AnalyzerTest<TVerifier> test)
        where TVerifier : IVerifier, new()
    {
        test.ReferenceAssemblies = OfficialReferenceAssemblies.Framework;
        test.SolutionTransforms.Add((solution, _) => solution.ProjectIds.Aggregate(solution, CompileAsTheSdkDoes));
    }

    /// <summary>An explicit "default" severity reads as /warnaserror- and would outdo an .editorconfig that says error.</summary>
    public static Project LetConfigDecide(Project project)
    {
        var options = project.CompilationOptions!;
        var severities = options.SpecificDiagnosticOptions.Where(severity => severity.Value != ReportDiagnostic.Default);
        return project.Solution.WithProjectCompilationOptions(project.Id, options.WithSpecificDiagnosticOptions(severities)).GetProject(project.Id)!;
    }

    private static Solution CompileAsTheSdkDoes(Solution solution, ProjectId id)
    {
        var project = solution.GetProject(id)!;
        return solution
            .WithProjectCompilationOptions(id, ((CSharpCompilationOptions)project.CompilationOptions!).WithNullableContextOptions(NullableContextOptions.Enable))
            .WithProjectParseOptions(id, ((CSharpParseOptions)project.ParseOptions!).WithLanguageVersion(LanguageVersion.Preview));
    }
}
#endif
