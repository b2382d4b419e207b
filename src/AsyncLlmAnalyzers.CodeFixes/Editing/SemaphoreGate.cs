using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>
/// Puts a <c>SemaphoreSlim</c> in front of a fan-out and makes what runs per item enter it: the lambda of a <c>Select</c>
/// (method groups and query syntax become one), or the task added to a list in a loop (it becomes a local function).
/// </summary>
internal sealed class SemaphoreGate
{
    private static readonly SymbolDisplayFormat FullName = SymbolDisplayFormat.FullyQualifiedFormat
        .WithMiscellaneousOptions(SymbolDisplayFormat.FullyQualifiedFormat.MiscellaneousOptions | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    private readonly FixTarget _target;
    private readonly FanOut _fanOut;
    private readonly TaskProducer _producer;
    private readonly int _limit;
    private readonly CancellationToken _cancellationToken;
    private readonly LlmEditor _editor;
    private readonly string _gate;
    private readonly string _configureAwait;

    public SemaphoreGate(FixTarget target, FanOut fanOut, TaskProducer producer, int limit, CancellationToken cancellationToken)
    {
        (_target, _fanOut, _producer, _limit, _cancellationToken) = (target, fanOut, producer, limit, cancellationToken);
        _editor = new LlmEditor(target.Root, target.Model);
        _gate = _editor.FreshName("gate", _producer.Site.Syntax);
        _configureAwait = LlmEditor.ConfigureAwaitStyle(_producer.Site.Syntax);
    }

    public Document? Apply()
    {
        var (old, @new) = _producer switch
        {
            { Lambda.Syntax: AnonymousFunctionExpressionSyntax lambda } => (lambda, Limited(lambda, _producer.Lambda!)),
            { Lambda: { } lambda } when _producer.Site.Syntax.FirstAncestorOrSelf<QueryExpressionSyntax>() is { } query => (query, FromQuery(query, lambda)),
            { Method: { } method, Delegate.Syntax: ExpressionSyntax group } => (group, FromMethodGroup(group, method)),
            { Body: { } task, Loops.IsEmpty: false } => FromLoop(task),
            _ => default((SyntaxNode?, SyntaxNode?)),
        };
        return old is not null && @new is not null ? WithGate(old, @new) : null;
    }

    private Document? WithGate(SyntaxNode old, SyntaxNode @new)
    {
        var outermost = _producer.Loops.LastOrDefault()?.Syntax ?? old.Parent!;
        if (LlmEditor.AnchorOf(outermost) is not { } anchor)
            return null;

        var root = _target.Root.TrackNodes(old, anchor);
        root = root.ReplaceNode(root.GetCurrentNode(old)!, @new);
        root = _editor.InsertBefore(
            root,
            root.GetCurrentNode(anchor)!,
            indentation => [_editor.Statement($"{(IsDisposable(anchor) ? "using " : "")}var {_gate} = new System.Threading.SemaphoreSlim({_limit});", indentation)],
            _editor.ReturnsValue(anchor, _target.Context.Types, _cancellationToken));
        return _target.Document.WithSyntaxRoot(root);
    }

    /// <summary>The gate may be disposed at the end of its block only when every task has ended by then.</summary>
    private bool IsDisposable(SyntaxNode anchor) =>
        anchor is StatementSyntax { Parent: not SwitchSectionSyntax } or GlobalStatementSyntax
        && _fanOut.Combinator.TargetMethod.Name == "WhenAll"
        && _fanOut.Combinator.AncestorsInFunction().OfType<IAwaitOperation>().Any()
        && LlmEditor.AnchorOf(_fanOut.Combinator.Syntax) is { } joined
        && (joined == anchor || (joined.Parent == anchor.Parent && anchor.Parent is BlockSyntax or CompilationUnitSyntax));

    private string Enter() => $"await {_gate}.WaitAsync({TokenScope.At(_producer.Site).OnlyName}){_configureAwait};";

    /// <summary>The body that enters the gate, runs what is put into the hole, and leaves.</summary>
    private BlockSyntax Gated(string inside, string indentation) => _editor.Block(
        $"{{\n\t{Enter()}\n\ttry\n\t{{\n\t\t{inside}\n\t}}\n\tfinally\n\t{{\n\t\t{_gate}.Release();\n\t}}\n}}", indentation);

    /// <param name="original">The call before it was awaited: its lines move as far as it does.</param>
    private BlockSyntax GatedCall(ExpressionSyntax awaited, bool returnsValue, string indentation, SyntaxNode original)
    {
        var (from, to) = (_editor.IndentationOf(original), indentation + _editor.IndentationUnit + _editor.IndentationUnit);
        return Gated(returnsValue ? $"return {Template.Hole};" : $"{Template.Hole};", indentation)
            .Fill(awaited.Shift(to.StartsWith(from, StringComparison.Ordinal) ? to.Substring(from.Length) : ""));
    }

    private AnonymousFunctionExpressionSyntax Limited(AnonymousFunctionExpressionSyntax lambda, IAnonymousFunctionOperation operation)
    {
        var returnsValue = KnownTypes.Is(operation.Symbol.ReturnType, _target.Context.Types.TaskOfT);
        if (lambda.ExpressionBody is { } expression)
            return AsAsync(lambda, GatedCall(operation.Symbol.IsAsync ? expression.WithoutOuterWhitespace() : Awaited(expression), returnsValue, _editor.IndentationOf(lambda), expression));

        var block = lambda.Block!;
        var statements = operation.Symbol.IsAsync ? block.Statements : AwaitingReturns(block, returnsValue);
        var body = Gated(Template.Hole + ";", _editor.IndentationOf(block.OpenBraceToken.Parent!)).Fill(statements.Shift(_editor.IndentationUnit));
        return AsAsync(lambda, body.WithTriviaFrom(block));
    }

    private ExpressionSyntax Awaited(ExpressionSyntax task) =>
        SyntaxFactory.ParseExpression($"await {Template.Hole}{_configureAwait}").Fill(task.AsOperand());

    private AnonymousFunctionExpressionSyntax AsAsync(AnonymousFunctionExpressionSyntax lambda, BlockSyntax body)
    {
        var modifiers = lambda.Modifiers.Where(modifier => !modifier.IsKind(SyntaxKind.StaticKeyword) && !modifier.IsKind(SyntaxKind.AsyncKeyword));
        var @async = SyntaxFactory.Token(SyntaxKind.AsyncKeyword).WithTrailingTrivia(SyntaxFactory.Space);
        AnonymousFunctionExpressionSyntax changed = lambda switch
        {
            LambdaExpressionSyntax { ExpressionBody: not null } expression => WithBlock(expression.WithExpressionBody(null), body),
            LambdaExpressionSyntax expression => expression.WithBlock(body),
            AnonymousMethodExpressionSyntax method => method.WithBlock(body),
            _ => lambda,
        };
        return changed.WithModifiers([]).WithLeadingTrivia().WithModifiers([@async, .. modifiers]).WithTriviaFrom(lambda);
    }

    private LambdaExpressionSyntax WithBlock(LambdaExpressionSyntax lambda, BlockSyntax body) =>
        lambda.WithBlock(body).WithArrowToken(lambda.ArrowToken.WithTrailingTrivia(SyntaxFactory.EndOfLine(_editor.NewLine)));

    /// <summary>In a lambda that becomes async, what returned a task now awaits it.</summary>
    private SyntaxList<StatementSyntax> AwaitingReturns(BlockSyntax block, bool returnsValue)
    {
        var returns = block.DescendantNodes(node => node is not (AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax))
            .OfType<ReturnStatementSyntax>().Where(statement => statement.Expression is not null);
        return block.ReplaceNodes(returns, (original, current) =>
        {
            var awaited = Awaited(current.Expression!);
            if (returnsValue)
                return current.WithExpression(awaited);

            var indentation = _editor.IndentationOf(original);
            return original == block.Statements.Last()
                ? _editor.Statement($"{Template.Hole};", indentation).Fill(awaited).WithTriviaFrom(current)
                : AsEmbedded(original, [
                    _editor.Statement($"{Template.Hole};", indentation).Fill(awaited).WithLeadingTrivia(current.GetLeadingTrivia()),
                    _editor.Statement("return;", indentation).WithTrailingTrivia(current.GetTrailingTrivia())]);
        }).Statements;
    }

    /// <summary>Two statements in the place of one.</summary>
    private BlockSyntax AsEmbedded(StatementSyntax original, SyntaxList<StatementSyntax> statements)
    {
        var isEmbedded = original.Parent is not BlockSyntax;
        var outer = _editor.IndentationOf(isEmbedded ? original.Parent! : original);
        var block = (BlockSyntax)_editor.Statement($"{{\n\t{Template.Hole};\n}}", outer);
        return block.Fill(isEmbedded ? statements : statements.Shift(_editor.IndentationUnit));
    }

    private LambdaExpressionSyntax FromMethodGroup(ExpressionSyntax group, IMethodSymbol method)
    {
        var parameters = method.Parameters.Where(parameter => !parameter.IsOptional || method.Parameters.Length == 1)
            .Select(parameter => _editor.FreshParameterName(parameter.Name, group)).ToList();
        var list = string.Join(", ", parameters);
        var lambda = (LambdaExpressionSyntax)SyntaxFactory.ParseExpression(parameters.Count == 1 ? $"async {list} => {{ }}" : $"async ({list}) => {{ }}");
        var call = SyntaxFactory.InvocationExpression(group.WithoutOuterWhitespace(), SyntaxFactory.ParseArgumentList($"({list})"));
        var body = GatedCall(Awaited(call), KnownTypes.Is(method.ReturnType, _target.Context.Types.TaskOfT), _editor.IndentationOf(group), group);
        return WithBlock(lambda.WithBody(SyntaxFactory.Block()), body).WithTriviaFrom(group);
    }

    /// <summary><c>from x in xs where .. select call</c> as <c>xs.Where(..).Select(async x => ..)</c>; other queries stay as they are.</summary>
    private InvocationExpressionSyntax? FromQuery(QueryExpressionSyntax query, IAnonymousFunctionOperation operation)
    {
        if (query is not { FromClause.Type: null, Body: { Continuation: null, SelectOrGroup: SelectClauseSyntax select } queryBody }
            || queryBody.Clauses.Any(clause => clause is not WhereClauseSyntax))
            return null;

        var item = query.FromClause.Identifier.ValueText;
        var chain = query.FromClause.Expression.AsOperand();
        foreach (var where in queryBody.Clauses.Cast<WhereClauseSyntax>())
            chain = ((InvocationExpressionSyntax)SyntaxFactory.ParseExpression($"xs.Where({item} => {Template.Hole})")).Fill(where.Condition.WithoutOuterWhitespace()).OnReceiver(chain);

        var body = GatedCall(Awaited(select.Expression), KnownTypes.Is(operation.Symbol.ReturnType, _target.Context.Types.TaskOfT), _editor.IndentationOf(query), select.Expression);
        var lambda = WithBlock((LambdaExpressionSyntax)SyntaxFactory.ParseExpression($"async {item} => {{ }}"), body);
        return ((InvocationExpressionSyntax)SyntaxFactory.ParseExpression($"xs.Select({Template.Hole})")).Fill(lambda).OnReceiver(chain).WithTriviaFrom(query);
    }

    /// <summary>The task started in a loop becomes a local function that enters the gate; loop variables it reads are copied first.</summary>
    private (SyntaxNode?, SyntaxNode?) FromLoop(IOperation task)
    {
        if (task.Syntax is not ExpressionSyntax expression
            || task.Type is not { } type
            || expression.FirstAncestorOrSelf<StatementSyntax>() is not { } statement
            || _target.Model.AnalyzeDataFlow(expression) is not { Succeeded: true } flow
            || !flow.WrittenInside.IsEmpty)
            return default;

        var name = _editor.FreshName("RunAsync", expression);
        var copies = flow.ReadInside.OfType<ILocalSymbol>().Where(IsChangedByLoop).ToDictionary(
            local => (ISymbol)local, local => _editor.FreshName(CopyName(local), expression), SymbolEqualityComparer.Default);
        var called = expression.ReplaceNodes(
            expression.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Where(identifier => CopyOf(identifier) is not null),
            (identifier, _) => SyntaxFactory.IdentifierName(CopyOf(identifier)!).WithTriviaFrom(identifier));

        string? CopyOf(IdentifierNameSyntax identifier) =>
            _target.Model.GetSymbolInfo(identifier, _cancellationToken).Symbol is { } symbol && copies.TryGetValue(symbol, out var copy) ? copy : null;

        var block = statement.Parent as BlockSyntax;
        var outer = _editor.IndentationOf(block is null ? statement.Parent! : block);
        var indentation = outer + _editor.IndentationUnit;
        var function = (LocalFunctionStatementSyntax)_editor.Statement($"async {type.ToDisplayString(FullName)} {name}()\n{{\n}}", indentation);
        function = function
            .WithBody(GatedCall(Awaited(called), KnownTypes.Is(type, _target.Context.Types.TaskOfT), indentation, expression).WithTrailingTrivia(function.GetTrailingTrivia()))
            .WithLeadingTrivia(SyntaxFactory.EndOfLine(_editor.NewLine), SyntaxFactory.Whitespace(indentation));

        SyntaxList<StatementSyntax> statements =
        [
            .. copies.Select(copy => _editor.Statement($"var {copy.Value} = {copy.Key.Name};", indentation)),
            statement.ReplaceNode(expression, SyntaxFactory.ParseExpression($"{name}()").WithTriviaFrom(expression)),
            function,
        ];
        return block is not null
            ? (block, block.WithStatements(block.Statements.ReplaceRange(statement, statements)))
            : (statement, ((BlockSyntax)_editor.Statement($"{{\n\t{Template.Hole};\n}}", outer)).Fill(statements));
    }

    private bool IsChangedByLoop(ILocalSymbol local) =>
        _producer.Loops.LastOrDefault() is { } loop
        && loop.DescendantsAndSelf().Any(operation => operation switch
        {
            IIncrementOrDecrementOperation { Target: ILocalReferenceOperation target } => SymbolEqualityComparer.Default.Equals(target.Local, local),
            IAssignmentOperation { Target: ILocalReferenceOperation target } => SymbolEqualityComparer.Default.Equals(target.Local, local),
            _ => false,
        });

    private static string CopyName(ILocalSymbol local) => local.Name.Length == 1
        ? "index"
        : "current" + char.ToUpperInvariant(local.Name[0]) + local.Name.Substring(1);
}

internal static class InvocationSyntaxExtensions
{
    /// <summary>The same call on another receiver.</summary>
    public static InvocationExpressionSyntax OnReceiver(this InvocationExpressionSyntax call, ExpressionSyntax receiver) =>
        call.WithExpression(((MemberAccessExpressionSyntax)call.Expression).WithExpression(receiver));
}
