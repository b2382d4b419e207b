using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.TokenAvailable;

/// <summary>Passes the token that is at hand, or declares the endpoint's parameter for one and passes it to the endpoint's calls.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(TokenAvailableFix)), Shared]
internal sealed class TokenAvailableFix() : LlmFix(TokenAvailableRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (target.FirstAncestor<InvocationExpressionSyntax>() is not { } syntax || target.InvocationAt(syntax, default) is not { } call)
            yield break;

        if (DiagnosticProperties.Token.TryRead(target.Diagnostic, out var name))
        {
            yield return new("Argument", $"Pass '{name}'", cancellationToken => Task.FromResult(
                TokenArgument.Add(syntax, SyntaxFactory.ParseExpression(name), target.Model, cancellationToken) is { } cancellable
                    ? target.Document.WithSyntaxRoot(target.Root.ReplaceNode(syntax, cancellable))
                    : null));
        }
        else if (TokenScope.At(call).Tokens.IsEmpty && TokenReachable.At(call, target.Context, default) is { IsDeclarable: true, Function: var endpoint })
        {
            yield return new("Parameter", "Declare a CancellationToken parameter and pass it", cancellationToken => Task.FromResult(Declare(target, syntax, endpoint, cancellationToken)));
        }
    }

    private static Document? Declare(FixTarget target, InvocationExpressionSyntax reported, IOperation endpoint, CancellationToken cancellationToken)
    {
        if (ParametersOf(endpoint.Syntax) is not { } parameters || parameters.Parameters.Any(parameter => parameter.Type is null || parameter.Modifiers.Any(SyntaxKind.ParamsKeyword)))
            return null;

        var name = new LlmEditor(target.Root, target.Model).FreshParameterName("cancellationToken", parameters);
        var token = SyntaxFactory.IdentifierName(name);
        var cancellable = CallsOf(endpoint, target, cancellationToken)
            .Select(call => (Call: (SyntaxNode)call, WithToken: (SyntaxNode?)TokenArgument.Add(call, token, target.Model, cancellationToken)))
            .Where(pair => pair.WithToken is not null)
            .ToDictionary(pair => pair.Call, pair => pair.WithToken!);
        if (!cancellable.ContainsKey(reported))
            return null;

        cancellable.Add(parameters, parameters.WithParameters(parameters.Parameters.AddInLayout(Parameter(name, endpoint))));
        return target.Document.WithSyntaxRoot(target.Root.ReplaceNodes(cancellable.Keys, (call, _) => cancellable[call]));
    }

    /// <summary>The calls that want the endpoint's token, the outermost of nested ones.</summary>
    private static IEnumerable<InvocationExpressionSyntax> CallsOf(IOperation endpoint, FixTarget target, CancellationToken cancellationToken)
    {
        var end = 0;
        foreach (var invocation in endpoint.Descendants().OfType<IInvocationOperation>().OrderBy(invocation => invocation.Syntax.SpanStart).ThenByDescending(invocation => invocation.Syntax.Span.Length))
        {
            if (invocation.Syntax is InvocationExpressionSyntax syntax
                && syntax.SpanStart >= end
                && LlmCall.From(invocation, target.Context) is { } call
                && TokenMissing.In(call)
                && TokenScope.At(invocation).Tokens.IsEmpty
                && TokenReachable.At(invocation, target.Context, cancellationToken) is { IsDeclarable: true, Function: var function } && function == endpoint)
            {
                end = syntax.Span.End;
                yield return syntax;
            }
        }
    }

    private static ParameterListSyntax? ParametersOf(SyntaxNode endpoint) => endpoint switch
    {
        ParenthesizedLambdaExpressionSyntax lambda => lambda.ParameterList,
        LocalFunctionStatementSyntax local => local.ParameterList,
        MethodDeclarationSyntax method => method.ParameterList,
        _ => null,
    };

    /// <summary>A named function may be called by other code, too, which goes on to compile.</summary>
    private static ParameterSyntax Parameter(string name, IOperation endpoint)
    {
        var isOptional = endpoint is not IAnonymousFunctionOperation lambda || lambda.Symbol.Parameters.Any(parameter => parameter.IsOptional);
        var parameter = SyntaxFactory.ParseParameterList($"(System.Threading.CancellationToken {name}{(isOptional ? " = default" : "")})").Parameters[0];
        return parameter.WithType(parameter.Type!.WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation));
    }
}
