using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Turns <c>Task.WhenAll</c> over a projection into <c>LlmTask.WhenAll</c>, which starts the calls itself.</summary>
internal sealed class HelperCall
{
    private readonly FixTarget _target;
    private readonly InvocationExpressionSyntax _combinator;
    private readonly IInvocationOperation _select;
    private readonly TaskProducer _producer;
    private readonly int _limit;

    private HelperCall(FixTarget target, InvocationExpressionSyntax combinator, IInvocationOperation select, TaskProducer producer, int limit) =>
        (_target, _combinator, _select, _producer, _limit) = (target, combinator, select, producer, limit);

    /// <summary>The lambda is the call and nothing beside it, so stopping at the first failure loses no other work.</summary>
    public bool IsOnlyTheCall => _producer.Lambda?.Syntax is not AnonymousFunctionExpressionSyntax lambda || lambda.ExpressionBody is not null;

    /// <summary>Null where the tasks are used for more than being joined.</summary>
    public static HelperCall? For(FixTarget target, FanOut fanOut, TaskProducer producer, int limit) =>
        fanOut.Combinator is { TargetMethod.Name: "WhenAll", Arguments: [var tasks], Syntax: InvocationExpressionSyntax combinator }
        && producer.Site is IInvocationOperation { TargetMethod.Name: "Select", Syntax: InvocationExpressionSyntax } select
        && IsOnly(tasks.Value, select)
        && (producer.Lambda is { Syntax: LambdaExpressionSyntax lambda } ? HasOnePlainParameter(lambda) : producer.Method?.Parameters.Length == 1)
            ? new HelperCall(target, combinator, select, producer, limit)
            : null;

    /// <param name="cancellationToken">Cancels the edit.</param>
    /// <param name="deadline">The time after which the group ends, if any.</param>
    public Document? Apply(CancellationToken cancellationToken, ExpressionSyntax? deadline = null)
    {
        if (_select.Receiver()?.Syntax is not ExpressionSyntax source)
            return null;

        var editor = new LlmEditor(_target.Root, _target.Model);
        var outerToken = TokenScope.At(_select).OnlyName;
        var token = editor.FreshTokenName(outerToken, _combinator);
        var lambda = _producer.Lambda is { Syntax: LambdaExpressionSyntax written }
            ? WithToken(written, token, cancellationToken)
            : FromMethodGroup(_producer.Method!, (ExpressionSyntax)_producer.Delegate!.Syntax, editor);

        var tokenArgument = outerToken is null ? "" : $", {outerToken}";
        var limit = deadline is null ? $"{RuntimeNames.MaxConcurrency}: {_limit}" : "options";
        var call = (InvocationExpressionSyntax)SyntaxFactory.ParseExpression(
            $"{RuntimeNames.Namespace}.{RuntimeNames.LlmTask}.{RuntimeNames.WhenAll}({Template.Hole}, lambda, {limit}{tokenArgument})");
        call = call.Fill(source.WithoutOuterWhitespace());
        call = call.ReplaceNode(call.ArgumentList.Arguments[1].Expression, lambda);
        if (deadline is not null)
            call = call.ReplaceNode(call.ArgumentList.Arguments[2].Expression, OptionsWith(deadline));
        call = call
            .WithExpression(call.Expression.WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation))
            .WithTriviaFrom(_combinator);
        return _target.Document.WithSyntaxRoot(_target.Root.ReplaceNode(_combinator, call));
    }

    private BaseObjectCreationExpressionSyntax OptionsWith(ExpressionSyntax deadline)
    {
        var limit = SyntaxFactory.LiteralExpression(SyntaxKind.NumericLiteralExpression, SyntaxFactory.Literal(_limit));
        var creation = (ObjectCreationExpressionSyntax)SyntaxFactory.ParseExpression($"new {RuntimeNames.Namespace}.{RuntimeNames.LlmBatchOptions}()");
        creation = creation.WithType(creation.Type.WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation));
        return ObjectInitializer.Set(ObjectInitializer.Set(creation, RuntimeNames.MaxConcurrencyOption, limit), RuntimeNames.Deadline, deadline);
    }

    /// <summary>The projection itself, or a copy of it, is all that is joined.</summary>
    private static bool IsOnly(IOperation tasks, IInvocationOperation select) => tasks.WithoutConversions() switch
    {
        IInvocationOperation copy when copy != select => copy.TargetMethod.Name is "ToList" or "ToArray" && copy.Receiver() is { } receiver && IsOnly(receiver, select),
        ICollectionExpressionOperation { Elements: [ISpreadOperation spread] } => IsOnly(spread.Operand, select),
        var other => other == select,
    };

    private static bool HasOnePlainParameter(LambdaExpressionSyntax lambda) => lambda switch
    {
        SimpleLambdaExpressionSyntax => true,
        ParenthesizedLambdaExpressionSyntax { ParameterList.Parameters: [{ Type: null, Default: null }] } => true,
        _ => false,
    };

    /// <summary>The lambda with the group's token as second parameter: it replaces the outer one, or reaches a call that had none.</summary>
    private ParenthesizedLambdaExpressionSyntax WithToken(LambdaExpressionSyntax lambda, string token, CancellationToken cancellationToken)
    {
        var uses = lambda.Body.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>()
            .Where(name => _target.Model.GetSymbolInfo(name, cancellationToken).Symbol is IParameterSymbol or ILocalSymbol
                && KnownTypes.Is(_target.Model.GetTypeInfo(name, cancellationToken).Type, _target.Context.Types.CancellationToken)
                && !IsDeclaredIn(name, lambda, cancellationToken))
            .ToDictionary(name => (SyntaxNode)name, name => (SyntaxNode)SyntaxFactory.IdentifierName(token).WithTriviaFrom(name));
        if (uses.Count == 0 && CallWithin.WithToken(_target, lambda.Body, SyntaxFactory.IdentifierName(token), cancellationToken) is var (call, withToken))
            uses.Add(call, withToken);

        var body = uses.TryGetValue(lambda.Body, out var whole) ? (CSharpSyntaxNode)whole : lambda.Body.ReplaceNodes(uses.Keys, (original, _) => uses[original]);
        var item = lambda is SimpleLambdaExpressionSyntax simple
            ? simple.Parameter.Identifier.ValueText
            : ((ParenthesizedLambdaExpressionSyntax)lambda).ParameterList.Parameters[0].Identifier.ValueText;
        var changed = (ParenthesizedLambdaExpressionSyntax)SyntaxFactory.ParseExpression($"({item}, {(uses.Count > 0 ? token : "_")}) => x");
        return changed
            .WithBody(body)
            .WithModifiers(lambda.Modifiers)
            .WithArrowToken(lambda.ArrowToken)
            .WithTrailingTrivia(lambda.GetTrailingTrivia());
    }

    private bool IsDeclaredIn(IdentifierNameSyntax name, LambdaExpressionSyntax lambda, CancellationToken cancellationToken) =>
        _target.Model.GetSymbolInfo(name, cancellationToken).Symbol!.DeclaringSyntaxReferences.Any(reference => lambda.Span.Contains(reference.Span));

    private static ExpressionSyntax FromMethodGroup(IMethodSymbol method, ExpressionSyntax group, LlmEditor editor)
    {
        var item = editor.FreshParameterName(method.Parameters[0].Name, group);
        return SyntaxFactory.ParseExpression($"({item}, _) => {group.WithoutTrivia()}({item})");
    }
}
