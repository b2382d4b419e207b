using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Rules.HandlerNeverFires;

/// <summary>Catches the exception the library throws for an error status, and reads the status where that keeps it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(HandlerNeverFiresFix)), Shared]
internal sealed class HandlerNeverFiresFix() : LlmFix(HandlerNeverFiresRule.Id)
{
    private const string StatusCode = "StatusCode";

    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        // What a timeout becomes differs between a client that retries and one that does not.
        if (target.FirstAncestor<CatchClauseSyntax>() is { Declaration: { } declaration } clause
            && target.Token.ValueText != nameof(TimeoutException)
            && DiagnosticProperties.ErrorType.TryRead(target.Diagnostic, out var error)
            && error.Split(':') is [var type, var status]
            && target.Context.Compilation.GetTypesByMetadataName(type) is [var symbol, ..]
            && symbol.GetMembers(status).OfType<IPropertySymbol>().FirstOrDefault() is { } property)
            yield return new("Type", $"Catch '{symbol.Name}'", _ => Task.FromResult<Document?>(Replace(target, clause, declaration, type, property)));
    }

    private static Document Replace(FixTarget target, CatchClauseSyntax clause, CatchDeclarationSyntax declaration, string type, IPropertySymbol status)
    {
        var name = declaration.Identifier.ValueText;
        var reads = clause.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(access => access is { Name.Identifier.ValueText: StatusCode, Expression: IdentifierNameSyntax exception } && exception.Identifier.ValueText == name)
            .ToList();
        ExpressionSyntax[] replaced = [declaration.Type, .. reads];
        var changed = clause.ReplaceNodes(replaced, (original, _) => original == declaration.Type
            ? SyntaxFactory.ParseTypeName(type).WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation).WithTriviaFrom(original)
            : Read(name, status).WithTriviaFrom(original));
        return target.Document.WithSyntaxRoot(target.Root.ReplaceNode(clause, changed));
    }

    private static ExpressionSyntax Read(string exception, IPropertySymbol status) => status.Type.SpecialType == SpecialType.System_Int32
        ? SyntaxFactory.ParseExpression($"(System.Net.HttpStatusCode){exception}.{status.Name}").WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation)
        : SyntaxFactory.ParseExpression($"{exception}.{status.Name}");
}
