using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
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

        var token = SyntaxFactory.ParseExpression(name);
        var idle = target.Context.HasRuntime && DiagnosticProperties.AttemptTimeoutSeconds.TryRead(target.Diagnostic, out var seconds) ? seconds : default(int?);
        if (InvocationNamed(target.Token) is { } call)
        {
            if (idle is { } limit && IsEnumerable(call, target))
            {
                yield return new("ArgumentIdle", $"Pass '{name}', and end the stream when nothing arrives for {limit} s", cancellationToken => Replace(
                    target, call, TokenArgument.Add(call, token, target.Model, cancellationToken) is { } cancellable ? Streams.WithTimeout(cancellable.WithTriviaFrom(call), limit) : null, importsRuntime: true));
            }

            yield return new("Argument", $"Pass '{name}'", cancellationToken => Replace(target, call, TokenArgument.Add(call, token, target.Model, cancellationToken)));
            yield return new("Options", $"Set '{name}' where the options are created", cancellationToken => SetInOptionsAsync(target, call, token, cancellationToken));
        }

        if (target.FirstAncestor<CommonForEachStatementSyntax>() is { AwaitKeyword.RawKind: not 0, Expression: var stream } && stream.Span.Contains(target.Token.Span))
        {
            if (idle is { } limit)
            {
                yield return new("WithCancellationIdle", $"Enumerate with '{name}', and end the stream when nothing arrives for {limit} s", cancellationToken => Replace(
                    target, stream, Streams.WithCancellation(stream, token, target.Model, cancellationToken, limit), importsRuntime: true));
            }

            yield return new("WithCancellation", $"Enumerate with '{name}'", cancellationToken => Replace(target, stream, Streams.WithCancellation(stream, token, target.Model, cancellationToken)));
        }
    }

    private static bool IsEnumerable(InvocationExpressionSyntax call, FixTarget target) =>
        target.Model.GetTypeInfo(call).Type is { } type && ReturnTypes.AsyncStreamElement(type) is not null && !ConditionalAccess.IsInside(call);

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

    private static Task<Document?> Replace(FixTarget target, ExpressionSyntax from, ExpressionSyntax? to, bool importsRuntime = false)
    {
        if (to is null)
            return Task.FromResult<Document?>(null);

        var root = target.Root.ReplaceNode(from, to);
        return Task.FromResult<Document?>(target.Document.WithSyntaxRoot(importsRuntime ? RuntimeImport.Add(target.Model, from.SpanStart, root) : root));
    }
}
