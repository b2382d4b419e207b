using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Passes a cancellation token to a call: into its own parameter, the overload that has one, or its options object.</summary>
internal sealed class TokenArgument
{
    private static readonly ExpressionSyntax StandIn = SyntaxFactory.ParseExpression("default(global::System.Threading.CancellationToken)");

    private readonly IInvocationOperation _call;
    private readonly ArgumentListSyntax _arguments;
    private readonly IMethodSymbol _target;

    /// <summary>Parameters as the argument list sees them: without the receiver of an extension method.</summary>
    private readonly ImmutableArray<IParameterSymbol> _parameters;

    private TokenArgument(IInvocationOperation call, ArgumentListSyntax arguments, IMethodSymbol target, bool isReduced)
    {
        _call = call;
        _arguments = arguments;
        _target = target.ReducedFrom ?? target;
        _parameters = isReduced ? _target.Parameters.RemoveAt(0) : _target.Parameters;
    }

    /// <summary>
    /// The call with the token in place of any it was given, or null when no overload takes one with these arguments. What is
    /// returned was bound with a stand-in, so the token may be one that the same edit introduces.
    /// </summary>
    /// <param name="call">A call in the model's tree.</param>
    /// <param name="token">The expression to pass.</param>
    /// <param name="model">The model of the tree.</param>
    /// <param name="cancellationToken">Cancels the binding.</param>
    /// <param name="twin">The member to call instead, by its name: the asynchronous twin.</param>
    public static InvocationExpressionSyntax? Add(
        InvocationExpressionSyntax call, ExpressionSyntax token, SemanticModel model, CancellationToken cancellationToken, IMethodSymbol? twin = null)
    {
        if (model.GetOperation(call, cancellationToken) is not IInvocationOperation operation
            || model.GetSymbolInfo(call, cancellationToken).Symbol is not IMethodSymbol method)
            return null;

        var target = twin ?? method;
        var renamed = AsyncTwin.Rename(call, target.Name);
        foreach (var form in new TokenArgument(operation, call.ArgumentList, target, method.ReducedFrom is not null).Forms())
        {
            if (Speculation.Calls(renamed.WithArgumentList(form(StandIn)), call, target, model))
                return renamed.WithArgumentList(form(token));
        }

        return null;
    }

    /// <summary>The argument lists that could hold the token, most natural first.</summary>
    private IEnumerable<Func<ExpressionSyntax, ArgumentListSyntax>> Forms()
    {
        if (Written(ReturnTypes.IsCancellationToken) is { } given)
        {
            yield return token => _arguments.ReplaceNode(given.Expression, token.WithTriviaFrom(given.Expression));
            yield break;
        }

        foreach (var name in TokenNames())
            yield return token => Append(_arguments, name, token);

        if (_call.Arguments.FirstOrDefault(argument => argument.ArgumentKind is ArgumentKind.ParamArray or ArgumentKind.ParamCollection) is { Parameter: { } spread })
        {
            foreach (var name in TokenNames())
                yield return token => Append(Packed(spread), name, token);
        }

        foreach (var options in _parameters)
        {
            if (TokenPassed.TokenProperty(options.Type) is { SetMethod.DeclaredAccessibility: Accessibility.Public } property && WithOptions(options, property) is { } form)
                yield return form;
        }
    }

    /// <summary>What the overloads call their token, the called one's own name first.</summary>
    private IEnumerable<string> TokenNames() => _target.ContainingType.GetMembers(_target.Name)
        .OfType<IMethodSymbol>()
        .Prepend(_target)
        .SelectMany(overload => overload.Parameters)
        .Where(parameter => ReturnTypes.IsCancellationToken(parameter.Type))
        .Select(parameter => parameter.Name)
        .Distinct();

    private ArgumentSyntax? Written(Func<ITypeSymbol, bool> ofType) => _call.Arguments
        .Where(argument => argument is { ArgumentKind: ArgumentKind.Explicit, Parameter: { } parameter } && ofType(parameter.Type))
        .Select(argument => argument.Syntax as ArgumentSyntax)
        .FirstOrDefault();

    /// <summary>By position when the parameter is the next one, else by name.</summary>
    private ArgumentListSyntax Append(ArgumentListSyntax arguments, string parameter, ExpressionSyntax value)
    {
        var count = arguments.Arguments.Count;
        var isNext = arguments == _arguments
            && count < _parameters.Length
            && _parameters[count].Name == parameter
            && arguments.Arguments.All(argument => argument.NameColon is null);
        var nameColon = isNext ? null : SyntaxFactory.NameColon(parameter).WithTrailingTrivia(SyntaxFactory.Space);
        return arguments.WithArguments(arguments.Arguments.AddInLayout(SyntaxFactory.Argument(nameColon, default, value)));
    }

    /// <summary>The arguments of a <c>params</c> parameter as one: <c>(a, b)</c> as <c>([a, b])</c>.</summary>
    private ArgumentListSyntax Packed(IParameterSymbol spread)
    {
        var first = 2 * _parameters.IndexOf(_parameters.First(parameter => parameter.Name == spread.Name));
        var items = _arguments.Arguments.GetWithSeparators();
        var elements = items.Skip(first).ToList();
        var leading = elements.FirstOrDefault().GetLeadingTrivia();
        if (elements.Count > 0)
            elements[0] = elements[0].WithLeadingTrivia();

        var packed = SyntaxFactory.Argument(Collection(elements, spread.Type).WithLeadingTrivia(leading));
        return _arguments.WithArguments(SyntaxFactory.SeparatedList<ArgumentSyntax>([.. items.Take(first), packed]));
    }

    private ExpressionSyntax Collection(IEnumerable<SyntaxNodeOrToken> arguments, ITypeSymbol type)
    {
        if (type is IArrayTypeSymbol array && _arguments.SyntaxTree.Options is CSharpParseOptions { LanguageVersion: < LanguageVersion.CSharp12 })
        {
            var creation = (ArrayCreationExpressionSyntax)SyntaxFactory.ParseExpression($"new {FullName(array.ElementType)}[] {{ }}");
            var items = SyntaxFactory.SeparatedList<ExpressionSyntax>(Elements(arguments, expression => expression));
            return creation
                .WithType(creation.Type.WithElementType(Simplified(creation.Type.ElementType)))
                .WithInitializer(creation.Initializer!.WithExpressions(items).WithCloseBraceToken(SyntaxFactory.Token(SyntaxKind.CloseBraceToken).WithLeadingTrivia(SyntaxFactory.Space)));
        }

        return SyntaxFactory.CollectionExpression(SyntaxFactory.SeparatedList<CollectionElementSyntax>(Elements(arguments, SyntaxFactory.ExpressionElement)));
    }

    private static IEnumerable<SyntaxNodeOrToken> Elements(IEnumerable<SyntaxNodeOrToken> arguments, Func<ExpressionSyntax, SyntaxNode> element) =>
        arguments.Select(item => item.AsNode() is ArgumentSyntax argument ? element(argument.Expression).WithTriviaFrom(argument) : item);

    /// <summary>Null when the options come from elsewhere.</summary>
    private Func<ExpressionSyntax, ArgumentListSyntax>? WithOptions(IParameterSymbol options, IPropertySymbol property) =>
        Written(type => SymbolEqualityComparer.Default.Equals(type, options.Type))?.Expression switch
        {
            null => token => Append(_arguments, options.Name, NewOptions(options.Type, property, token)),
            BaseObjectCreationExpressionSyntax creation => token => _arguments.ReplaceNode(creation, ObjectInitializer.Set(creation, property.Name, token)),
            { RawKind: (int)SyntaxKind.NullLiteralExpression or (int)SyntaxKind.DefaultLiteralExpression or (int)SyntaxKind.DefaultExpression } none =>
                token => _arguments.ReplaceNode(none, NewOptions(options.Type, property, token).WithTriviaFrom(none)),
            _ => null,
        };

    private static BaseObjectCreationExpressionSyntax NewOptions(ITypeSymbol type, IPropertySymbol property, ExpressionSyntax token)
    {
        var creation = (ObjectCreationExpressionSyntax)SyntaxFactory.ParseExpression($"new {FullName(type)}()");
        return ObjectInitializer.Set(creation.WithType(Simplified(creation.Type)), property.Name, token);
    }

    private static string FullName(ITypeSymbol type) =>
        type.WithNullableAnnotation(NullableAnnotation.None).ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    private static TypeSyntax Simplified(TypeSyntax type) => type.WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation);
}
