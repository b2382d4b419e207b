// No compiler ever loads these.
#pragma warning disable RS1025, RS1036, RS1037, RS1038, RS1041, RS2008
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Tests.Harness;

/// <summary>Reports every literal <c>1</c>: the smallest analyzer a fix can be written for.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public class OneAnalyzer : DiagnosticAnalyzer
{
    public static readonly DiagnosticDescriptor Rule = new("HT001", "One", "'{0}' in {1} is one", "Harness", DiagnosticSeverity.Warning, isEnabledByDefault: true);

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Rule];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        Configure(context);
        context.RegisterSyntaxNodeAction(
            node =>
            {
                if (node.Node is LiteralExpressionSyntax { Token.ValueText: "1" } literal)
                    Report(node, literal);
            },
            SyntaxKind.NumericLiteralExpression);
    }

    protected virtual void Configure(AnalysisContext context) => context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);

    protected virtual void Report(SyntaxNodeAnalysisContext context, LiteralExpressionSyntax literal) => context.ReportDiagnostic(Found(context, literal.GetLocation()));

    protected static Diagnostic Found(SyntaxNodeAnalysisContext context, Location location, params Location[] additional) =>
        Diagnostic.Create(Rule, location, additional, "1", context.Compilation.AssemblyName);
}

[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ThrowingAnalyzer : OneAnalyzer
{
    protected override void Report(SyntaxNodeAnalysisContext context, LiteralExpressionSyntax literal) => throw new FormatException("the analyzer's own words");
}

[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SilentOnGeneratedCodeAnalyzer : OneAnalyzer
{
    protected override void Configure(AnalysisContext context)
    {
    }
}

[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class GeneratedCodeAnalyzer : OneAnalyzer
{
    protected override void Configure(AnalysisContext context) => context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
}

/// <summary>Reports at a line of a file instead of a place in a tree, where no #pragma reaches it.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class FilePositionAnalyzer : OneAnalyzer
{
    protected override void Report(SyntaxNodeAnalysisContext context, LiteralExpressionSyntax literal) =>
        context.ReportDiagnostic(Found(context, Location.Create(literal.SyntaxTree.FilePath, literal.Span, literal.GetLocation().GetLineSpan().Span)));
}

/// <summary>Names the statement around the literal as an additional location.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class AdditionalLocationAnalyzer : OneAnalyzer
{
    protected override void Report(SyntaxNodeAnalysisContext context, LiteralExpressionSyntax literal) =>
        context.ReportDiagnostic(Found(context, literal.GetLocation(), literal.FirstAncestorOrSelf<FieldDeclarationSyntax>()!.GetLocation()));
}

/// <summary>Reports the literals when the whole compilation was seen.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class CompilationEndAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [OneAnalyzer.Rule];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationAction(end =>
        {
            foreach (var literal in end.Compilation.SyntaxTrees.SelectMany(tree => tree.GetRoot().DescendantNodes()).OfType<LiteralExpressionSyntax>().Where(literal => literal.Token.ValueText == "1"))
                end.ReportDiagnostic(Diagnostic.Create(OneAnalyzer.Rule, literal.GetLocation(), "1", "C"));
        });
    }
}

/// <summary>
/// Says what it sees of a compilation: once without location how its references look, and at each additional file its text;
/// off unless asked for, and with a second descriptor.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SurroundingsAnalyzer : DiagnosticAnalyzer
{
    private static readonly DiagnosticDescriptor Seen = new("HT002", "Surroundings", "{0}", "Harness", DiagnosticSeverity.Info, isEnabledByDefault: false);
    private static readonly DiagnosticDescriptor File = new("HT003", "File", "{0}", "Harness", DiagnosticSeverity.Error, isEnabledByDefault: true);

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Seen, File];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationAction(end =>
        {
            foreach (var reference in end.Compilation.References.OfType<CompilationReference>())
                end.ReportDiagnostic(Diagnostic.Create(Seen, Location.None, $"{end.Compilation.AssemblyName} sees the source of {reference.Compilation.AssemblyName}"));
            foreach (var tree in end.Compilation.SyntaxTrees)
            {
                if (end.Options.AnalyzerConfigOptionsProvider.GetOptions(tree).TryGetValue("harness.say", out var words))
                    end.ReportDiagnostic(Diagnostic.Create(Seen, Location.None, words));
            }
        });
        context.RegisterAdditionalFileAction(file =>
        {
            var text = file.AdditionalFile.GetText()!;
            var line = text.Lines[0];
            file.ReportDiagnostic(Diagnostic.Create(File, Location.Create(file.AdditionalFile.Path, line.Span, text.Lines.GetLinePositionSpan(line.Span)), line.ToString()));
        });
    }
}

[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class OneSuppressor : DiagnosticSuppressor
{
    public override ImmutableArray<SuppressionDescriptor> SupportedSuppressions =>
        [new("HS001", "HT001", "One is fine"), new("HS002", "CS0169", "Unused is fine")];

    public override void ReportSuppressions(SuppressionAnalysisContext context)
    {
        foreach (var diagnostic in context.ReportedDiagnostics)
            context.ReportSuppression(Suppression.Create(SupportedSuppressions.Single(suppression => suppression.SuppressedDiagnosticId == diagnostic.Id), diagnostic));
    }
}

/// <summary>Replaces a literal <c>1</c> by <c>2</c>.</summary>
public class TwoFix : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds => ["HT001"];

    protected virtual string Replacement => "2";

    public override FixAllProvider? GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        context.RegisterCodeFix(Action(context, Replacement), context.Diagnostics);
        return Task.CompletedTask;
    }

    protected CodeAction Action(CodeFixContext context, string replacement) =>
        CodeAction.Create($"Write {replacement}", token => ReplaceAsync(context.Document, context.Span, replacement, token), equivalenceKey: replacement);

    protected virtual async Task<Solution> ReplaceAsync(Document document, TextSpan span, string replacement, CancellationToken cancellationToken)
    {
        var root = (await document.GetSyntaxRootAsync(cancellationToken))!;
        var literal = (ExpressionSyntax)root.FindToken(span.Start).Parent!;
        return document.WithSyntaxRoot(root.ReplaceNode(literal, Parse(replacement).WithTriviaFrom(literal))).Project.Solution;
    }

    protected virtual ExpressionSyntax Parse(string replacement) => SyntaxFactory.ParseExpression(replacement);
}

public sealed class UndeclaredNameFix : TwoFix
{
    protected override string Replacement => "two";
}

public sealed class EndlessFix : TwoFix
{
    protected override string Replacement => "(1 + 0)";
}

/// <summary>Offers to write what is there already.</summary>
public sealed class IdleFix : TwoFix
{
    protected override string Replacement => "1";
}

/// <summary>Takes two applications to come from 1 to 3.</summary>
public sealed class TwoStepFix : TwoFix
{
    protected override async Task<Solution> ReplaceAsync(Document document, TextSpan span, string replacement, CancellationToken cancellationToken)
    {
        var text = (await document.GetTextAsync(cancellationToken)).ToString();
        var next = text.Contains("/* once */", StringComparison.Ordinal) ? text.Replace("/* once */ 1", "3", StringComparison.Ordinal) : text.Replace("1", "/* once */ 1", StringComparison.Ordinal);
        return document.WithText(SourceText.From(next)).Project.Solution;
    }
}

/// <summary>Builds <c>(2 + 0) * 2</c> without the parentheses its text would need.</summary>
public sealed class MisbuiltFix : TwoFix
{
    protected override string Replacement => "2 + 0 * 2";

    protected override ExpressionSyntax Parse(string replacement) => SyntaxFactory.BinaryExpression(
        SyntaxKind.MultiplyExpression,
        SyntaxFactory.ParseExpression("2 + 0 "),
        SyntaxFactory.Token(SyntaxKind.AsteriskToken).WithTrailingTrivia(SyntaxFactory.Space),
        SyntaxFactory.ParseExpression("2"));
}

public sealed class NothingOfferedFix : TwoFix
{
    public override Task RegisterCodeFixesAsync(CodeFixContext context) => Task.CompletedTask;
}

/// <summary>Leaves the literals of fields alone.</summary>
public sealed class LocalsOnlyFix : TwoFix
{
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = (await context.Document.GetSyntaxRootAsync(context.CancellationToken))!;
        if (root.FindToken(context.Span.Start).Parent!.FirstAncestorOrSelf<LocalDeclarationStatementSyntax>() is not null)
            await base.RegisterCodeFixesAsync(context);
    }
}

/// <summary>Offers <c>2</c>, and <c>3</c> and <c>4</c> one level down.</summary>
public sealed class ChoiceFix : TwoFix
{
    public override Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        context.RegisterCodeFix(Action(context, "2"), context.Diagnostics);
        context.RegisterCodeFix(CodeAction.Create("More", [Action(context, "3"), Action(context, "4")], isInlinable: false), context.Diagnostics);
        return Task.CompletedTask;
    }
}

/// <summary>Writes the replacement also into every other document and additional file of the solution, and adds a document.</summary>
public sealed class EverywhereFix : TwoFix
{
    public override FixAllProvider? GetFixAllProvider() => null;

    protected override async Task<Solution> ReplaceAsync(Document document, TextSpan span, string replacement, CancellationToken cancellationToken)
    {
        var solution = document.Project.Solution;
        foreach (var project in document.Project.Solution.Projects)
        {
            foreach (var file in project.Documents)
                solution = solution.WithDocumentText(file.Id, await ReplacedAsync(file));
            foreach (var file in project.AdditionalDocuments)
                solution = solution.WithAdditionalDocumentText(file.Id, await ReplacedAsync(file));
        }

        return solution.AddDocument(DocumentId.CreateNewId(document.Project.Id), "Two.cs", "class Two;");

        async Task<SourceText> ReplacedAsync(TextDocument file) => SourceText.From((await file.GetTextAsync(cancellationToken)).ToString().Replace("1", replacement, StringComparison.Ordinal));
    }
}

/// <summary>A code action with two operations that change the solution.</summary>
public sealed class TwoOperationsFix : TwoFix
{
    public override Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        context.RegisterCodeFix(new Twice(Action(context, "2")), context.Diagnostics);
        return Task.CompletedTask;
    }

    private sealed class Twice(CodeAction action) : CodeAction
    {
        public override string Title => "Twice";

        public override string EquivalenceKey => Title;

        protected override async Task<IEnumerable<CodeActionOperation>> ComputeOperationsAsync(CancellationToken cancellationToken)
        {
            var operations = await action.GetOperationsAsync(cancellationToken);
            return [.. operations, .. operations];
        }
    }
}

/// <summary>Fix All that writes another number than the fix does, in one scope only.</summary>
public abstract class OddFixAllFix(FixAllScope odd) : TwoFix
{
    public override FixAllProvider? GetFixAllProvider() => new Provider(odd);

    private sealed class Provider(FixAllScope odd) : FixAllProvider
    {
        public override async Task<CodeAction?> GetFixAsync(FixAllContext fixAllContext)
        {
            var number = fixAllContext.Scope == odd ? "3" : "2";
            var solution = fixAllContext.Solution;
            foreach (var document in Documents(fixAllContext))
            {
                var diagnostics = await fixAllContext.GetDocumentDiagnosticsAsync(document);
                var text = await document.GetTextAsync(fixAllContext.CancellationToken);
                solution = solution.WithDocumentText(document.Id, text.WithChanges(diagnostics.Select(diagnostic => new TextChange(diagnostic.Location.SourceSpan, number))));
            }

            return CodeAction.Create("Write all", _ => Task.FromResult(solution), fixAllContext.CodeActionEquivalenceKey);
        }

        private static IEnumerable<Document> Documents(FixAllContext context) => context.Scope switch
        {
            FixAllScope.Document => [context.Document!],
            FixAllScope.Project => context.Project.Documents,
            _ => context.Solution.Projects.SelectMany(project => project.Documents),
        };
    }
}

public sealed class OddInDocumentFix() : OddFixAllFix(FixAllScope.Document);

public sealed class OddInProjectFix() : OddFixAllFix(FixAllScope.Project);

public sealed class OddInSolutionFix() : OddFixAllFix(FixAllScope.Solution);

/// <summary>Fix All the same in every scope.</summary>
public sealed class EvenFixAllFix() : OddFixAllFix(FixAllScope.Custom);
