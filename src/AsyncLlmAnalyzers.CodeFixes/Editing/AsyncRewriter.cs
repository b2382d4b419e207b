using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Model;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Makes the edits of a plan in one file: awaits, <c>async</c> modifiers, return types, and the returns of functions that handed out a task.</summary>
internal sealed class AsyncRewriter(SyntaxNode root, SemanticModel model, KnownTypes types, CancellationToken cancellationToken)
{
    /// <summary>On an <c>await</c> that stands for <c>return task;</c>: what followed the return must still not run.</summary>
    private readonly SyntaxAnnotation _returns = new();

    /// <summary>On a <c>return;</c> that stands for <c>return Task.CompletedTask;</c>: at the end nobody writes it.</summary>
    private readonly SyntaxAnnotation _onlyReturns = new();

    private readonly Awaiting _awaiting = Awaiting.InStyleOf(root);
    private readonly Dictionary<SyntaxNode, Func<SyntaxNode, SyntaxNode>> _edits = [];

    public void Await(ExpressionSyntax place, Func<ExpressionSyntax, ExpressionSyntax> operand) =>
        _edits[place] = rewritten => _awaiting.Await(operand((ExpressionSyntax)rewritten), place);

    public void MakeAsync(SyntaxNode function)
    {
        var returnType = ReturnTypeOf(function);
        if (!types.IsTaskLike(returnType))
        {
            _edits[function] = rewritten => WithAsync(WithTaskType(rewritten, function.SpanStart));
            return;
        }

        foreach (var statement in AsyncFunctions.NodesOf(function).OfType<ReturnStatementSyntax>())
        {
            if (statement.Expression is { } expression)
                _edits[statement] = rewritten => AwaitedReturn((ReturnStatementSyntax)rewritten, expression, returnType);
        }

        _edits[function] = rewritten => WithAsync(rewritten switch
        {
            LambdaExpressionSyntax { ExpressionBody: { } body } lambda => lambda.WithBody(AwaitedValue(body, ((LambdaExpressionSyntax)function).ExpressionBody!)),
            MethodDeclarationSyntax { ExpressionBody: { } body } method => method.WithExpressionBody(body.WithExpression(AwaitedValue(body.Expression, ((MethodDeclarationSyntax)function).ExpressionBody!.Expression))),
            LocalFunctionStatementSyntax { ExpressionBody: { } body } local => local.WithExpressionBody(body.WithExpression(AwaitedValue(body.Expression, ((LocalFunctionStatementSyntax)function).ExpressionBody!.Expression))),
            _ => rewritten,
        });
    }

    public SyntaxNode Rewrite()
    {
        var rewritten = root.ReplaceNodes(_edits.Keys, (original, edited) => _edits[original](edited));
        while (rewritten.GetAnnotatedNodes(_returns).FirstOrDefault() is ExpressionStatementSyntax statement)
            rewritten = WithReturn(rewritten, statement, statement.WithoutAnnotations(_returns));

        var idle = rewritten.GetAnnotatedNodes(_onlyReturns).OfType<ReturnStatementSyntax>().Where(statement => EndsFunction(statement) && !HasComment(statement));
        return rewritten.RemoveNodes(idle, SyntaxRemoveOptions.KeepNoTrivia)!;
    }

    private static SyntaxNode WithReturn(SyntaxNode root, ExpressionStatementSyntax statement, ExpressionStatementSyntax await) => statement.Parent switch
    {
        _ when EndsFunction(statement) => root.ReplaceNode(statement, await),
        BlockSyntax or SwitchSectionSyntax => root.ReplaceNode(statement, (SyntaxNode[])
        [
            await,
            ReturnStatement().WithLeadingTrivia(await.GetLeadingTrivia().Reverse().TakeWhile(IsBlank).Take(1)).WithTrailingTrivia(await.GetTrailingTrivia().Where(IsBlank)),
        ]),
        _ => root.ReplaceNode(statement, Block(await.WithoutTrivia(), ReturnStatement()).WithTriviaFrom(await)),
    };

    private ITypeSymbol? ReturnTypeOf(SyntaxNode function) => function is AnonymousFunctionExpressionSyntax
        ? (model.GetTypeInfo(function, cancellationToken).ConvertedType as INamedTypeSymbol)?.DelegateInvokeMethod?.ReturnType
        : (model.GetDeclaredSymbol(function, cancellationToken) as IMethodSymbol)?.ReturnType;

    private static SyntaxNode WithAsync(SyntaxNode function)
    {
        var keyword = Token(SyntaxKind.AsyncKeyword).WithTrailingTrivia(Space);
        return function switch
        {
            MethodDeclarationSyntax { Modifiers.Count: 0 } method => method.WithReturnType(method.ReturnType.WithoutLeadingTrivia()).AddModifiers(keyword.WithLeadingTrivia(method.ReturnType.GetLeadingTrivia())),
            MethodDeclarationSyntax method => method.AddModifiers(keyword),
            LocalFunctionStatementSyntax { Modifiers.Count: 0 } local => local.WithReturnType(local.ReturnType.WithoutLeadingTrivia()).AddModifiers(keyword.WithLeadingTrivia(local.ReturnType.GetLeadingTrivia())),
            LocalFunctionStatementSyntax local => local.AddModifiers(keyword),
            AnonymousFunctionExpressionSyntax { Modifiers.Count: 0 } lambda => ((AnonymousFunctionExpressionSyntax)lambda.WithoutLeadingTrivia()).AddModifiers(keyword.WithLeadingTrivia(lambda.GetLeadingTrivia())),
            AnonymousFunctionExpressionSyntax lambda => lambda.AddModifiers(keyword),
            _ => function,
        };
    }

    private SyntaxNode WithTaskType(SyntaxNode function, int position) => function switch
    {
        MethodDeclarationSyntax method => method.WithReturnType(TaskOf(method.ReturnType, position)),
        LocalFunctionStatementSyntax local => local.WithReturnType(TaskOf(local.ReturnType, position)),
        _ => function, // a lambda's type follows from its body
    };

    private TypeSyntax TaskOf(TypeSyntax result, int position)
    {
        var isVoid = result is PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword };
        SimpleNameSyntax task = isVoid
            ? IdentifierName(nameof(Task))
            : GenericName(Identifier(nameof(Task)), TypeArgumentList(SingletonSeparatedList(result.WithoutTrivia())));
        return IsImported(isVoid ? types.Task : types.TaskOfT, position)
            ? task.WithTriviaFrom(result)
            : QualifiedName(ParseName("global::System.Threading.Tasks"), task)
                .WithTriviaFrom(result)
                .WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation);
    }

    /// <summary>The simple name means the framework's task here. Global usings count, which the import service overlooks.</summary>
    private bool IsImported(INamedTypeSymbol? task, int position) =>
        model.LookupNamespacesAndTypes(position, name: nameof(Task)).OfType<INamedTypeSymbol>().Where(type => type.Arity == task?.Arity).ToList() is [var only]
        && SymbolEqualityComparer.Default.Equals(only, task);

    private StatementSyntax AwaitedReturn(ReturnStatementSyntax statement, ExpressionSyntax original, ITypeSymbol? returnType)
    {
        if (returnType is INamedTypeSymbol { IsGenericType: true })
            return statement.WithExpression(AwaitedValue(statement.Expression!, original));

        if (IsCompletedTask(original))
            return ReturnStatement(statement.ReturnKeyword.WithoutTrivia(), null, statement.SemicolonToken).WithTriviaFrom(statement).WithAdditionalAnnotations(_onlyReturns);

        return ExpressionStatement(_awaiting.Await(statement.Expression!, original).WithoutTrivia(), statement.SemicolonToken)
            .WithTriviaFrom(statement)
            .WithAdditionalAnnotations(_returns);
    }

    /// <summary>The value of a task that a function handed out: <c>Task.FromResult(x)</c> is <c>x</c>.</summary>
    private ExpressionSyntax AwaitedValue(ExpressionSyntax task, ExpressionSyntax original) =>
        task is InvocationExpressionSyntax { ArgumentList.Arguments: [{ Expression: var value }] }
        && model.GetSymbolInfo(original, cancellationToken).Symbol is IMethodSymbol { Name: nameof(Task.FromResult), ContainingType: var type } && types.IsTaskLike(type)
            ? value.WithTriviaFrom(task)
            : task is ThrowExpressionSyntax || IsDefault(task) ? task : _awaiting.Await(task, original);

    private bool IsCompletedTask(ExpressionSyntax task) =>
        IsDefault(task) || model.GetSymbolInfo(task, cancellationToken).Symbol is IPropertySymbol { Name: nameof(Task.CompletedTask) } completed && types.IsTaskLike(completed.ContainingType);

    /// <summary>A default <c>ValueTask</c> is a completed one, of the default value.</summary>
    private static bool IsDefault(ExpressionSyntax task) => task.IsKind(SyntaxKind.DefaultLiteralExpression);

    private static bool HasComment(SyntaxNode node) => !node.GetLeadingTrivia().Concat(node.GetTrailingTrivia()).All(IsBlank);

    private static bool IsBlank(SyntaxTrivia trivia) => trivia.IsKind(SyntaxKind.WhitespaceTrivia) || trivia.IsKind(SyntaxKind.EndOfLineTrivia);

    private static bool EndsFunction(StatementSyntax statement) =>
        statement.Parent is BlockSyntax { Parent: AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax or MethodDeclarationSyntax } body && body.Statements.Last() == statement;
}
