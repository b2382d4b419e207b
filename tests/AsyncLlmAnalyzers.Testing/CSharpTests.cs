using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace Microsoft.CodeAnalysis.CSharp.Testing;

public class CSharpAnalyzerTest<TAnalyzer, TVerifier> : AnalyzerTest<TVerifier>
    where TAnalyzer : DiagnosticAnalyzer, new()
    where TVerifier : IVerifier, new()
{
    public override string Language => LanguageNames.CSharp;

    protected override string DefaultFileExt => "cs";

    protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => [new TAnalyzer()];

    protected override CompilationOptions CreateCompilationOptions() => SdkDefaults.Compilation;

    protected override ParseOptions CreateParseOptions() => SdkDefaults.Parse;
}

public class CSharpCodeFixTest<TAnalyzer, TCodeFix, TVerifier> : CodeFixTest<TVerifier>
    where TAnalyzer : DiagnosticAnalyzer, new()
    where TCodeFix : CodeFixProvider, new()
    where TVerifier : IVerifier, new()
{
    public override string Language => LanguageNames.CSharp;

    protected override string DefaultFileExt => "cs";

    protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => [new TAnalyzer()];

    protected override IEnumerable<CodeFixProvider> GetCodeFixProviders() => [new TCodeFix()];

    protected override CompilationOptions CreateCompilationOptions() => SdkDefaults.Compilation;

    protected override ParseOptions CreateParseOptions() => SdkDefaults.Parse;
}

/// <summary>How a project of today's SDK compiles: nullable, and the newest language (this compiler calls it preview).</summary>
internal static class SdkDefaults
{
    public static CSharpCompilationOptions Compilation { get; } = new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable);

    public static CSharpParseOptions Parse { get; } = new(LanguageVersion.Preview, DocumentationMode.Diagnose);
}
