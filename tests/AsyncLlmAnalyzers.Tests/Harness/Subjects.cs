// No compiler ever loads these.
#pragma warning disable RS1025, RS1036, RS1038, RS1041, RS2008
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncLlmAnalyzers.Tests.Harness;

/// <summary>Reports every literal <c>1</c>: the smallest analyzer a fix can be written for.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public class OneAnalyzer : DiagnosticAnalyzer
{
    public static readonly DiagnosticDescriptor Rule = new("HT001", "One", "The literal '{0}' in {1} is one", "Harness", DiagnosticSeverity.Warning, isEnabledByDefault: true);

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Rule];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        Configure(context);
        context.RegisterSyntaxNodeAction(Inspect, SyntaxKind.NumericLiteralExpression);
    }

    protected virtual void Configure(AnalysisContext context) => context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);

    protected virtual void Inspect(SyntaxNodeAnalysisContext context)
    {
        if (context.Node is LiteralExpressionSyntax { Token.ValueText: "1" } literal)
            context.ReportDiagnostic(Diagnostic.Create(Rule, literal.GetLocation(), literal.Token.Text, context.Compilation.AssemblyName));
    }
}

/// <summary>Replaces the literal by <c>2</c>.</summary>
public class TwoFix : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds => ["HT001"];

    protected virtual string Replacement => "2";

    public override FixAllProvider? GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        context.RegisterCodeFix(CodeAction.Create($"Write {Replacement}", token => ReplaceAsync(context.Document, context.Span.Start, token), "two"), context.Diagnostics);
        return Task.CompletedTask;
    }

    protected virtual ExpressionSyntax Replace(ExpressionSyntax literal) => SyntaxFactory.ParseExpression(Replacement).WithTriviaFrom(literal);

    private async Task<Document> ReplaceAsync(Document document, int position, CancellationToken cancellationToken)
    {
        var root = (await document.GetSyntaxRootAsync(cancellationToken))!;
        var literal = (ExpressionSyntax)root.FindToken(position).Parent!;
        return document.WithSyntaxRoot(root.ReplaceNode(literal, Replace(literal)));
    }
}
