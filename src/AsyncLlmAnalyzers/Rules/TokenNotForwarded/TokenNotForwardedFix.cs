using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.TokenNotForwarded;

/// <summary>Passes the token on: to the call, or by <c>WithCancellation</c> to the stream.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(TokenNotForwardedFix)), Shared]
internal sealed class TokenNotForwardedFix() : LlmFix(TokenNotForwardedRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (!DiagnosticProperties.Token.TryRead(target.Diagnostic, out var name))
            yield break;

        var token = SyntaxFactory.IdentifierName(name);
        if (InvocationNamed(target.Token) is { } call)
        {
            yield return new("Argument", $"Pass '{name}'", cancellationToken => Replace(target, call, TokenArgument.Add(call, token, target.Model, cancellationToken)));
            yield return new("Options", $"Set '{name}' where the options are created", cancellationToken => SetInOptionsAsync(target, call, token, cancellationToken));
        }

        if (target.FirstAncestor<CommonForEachStatementSyntax>() is { AwaitKeyword.RawKind: not 0, Expression: var stream } && stream.Span.Contains(target.Token.Span))
            yield return new("WithCancellation", $"Enumerate with '{name}'", cancellationToken => Replace(target, stream, Streams.WithCancellation(stream, token, target.Model, cancellationToken)));
    }

    private static InvocationExpressionSyntax? InvocationNamed(SyntaxToken name) =>
        name.Parent?.FirstAncestorOrSelf<InvocationExpressionSyntax>() is { } call && Site.NameOf(call)?.Identifier == name ? call : null;

    /// <summary>The options are a local that is created here, too.</summary>
    private static Task<Document?> SetInOptionsAsync(FixTarget target, InvocationExpressionSyntax call, ExpressionSyntax token, CancellationToken cancellationToken)
    {
        foreach (var argument in target.InvocationAt(call, cancellationToken)?.Arguments ?? [])
        {
            if (TokenPassed.TokenProperty(argument.Parameter?.Type) is { SetMethod.DeclaredAccessibility: Accessibility.Public } property
                && argument.Value.WithoutConversions() is ILocalReferenceOperation options
                && options.Initializer()?.WithoutConversions().Syntax is BaseObjectCreationExpressionSyntax creation)
                return Replace(target, creation, ObjectInitializer.Set(creation, property.Name, token));
        }

        return Task.FromResult<Document?>(null);
    }

    private static Task<Document?> Replace(FixTarget target, ExpressionSyntax from, ExpressionSyntax? to) =>
        Task.FromResult(to is null ? null : target.Document.WithSyntaxRoot(target.Root.ReplaceNode(from, to)));
}
