using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Model;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace AsyncLlmAnalyzers.Rules.BlockingWait;

/// <summary>Writes <c>await</c> in place of the wait.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(BlockingWaitFix)), Shared]
internal sealed class BlockingWaitFix() : MakeAsyncFix(BlockingWaitRule.Id)
{
    protected override AwaitPlace? PlaceOf(FixTarget target, CancellationToken cancellationToken)
    {
        if (WaitAt(target.Token) is not { } wait
            || ConditionalAccess.IsInside(wait)
            || target.Model.GetOperation(wait, cancellationToken) is not { } operation
            || TaskWait.From(operation, target.Context.Types) is null
            || OperandOf(operation, wait) is not { } operand)
            return null;

        return new AwaitPlace(target.Document.Id, wait.Span, operand);
    }

    private static ExpressionSyntax? WaitAt(SyntaxToken name)
    {
        var member = name.Parent?.Parent as MemberAccessExpressionSyntax ?? name.Parent as ExpressionSyntax;
        return member?.Parent is InvocationExpressionSyntax invocation && invocation.Expression == member ? invocation : member;
    }

    /// <summary>What is awaited instead, made of the wait; null for a wait that gives up after a time or tells which task was first.</summary>
    private static Func<ExpressionSyntax, ExpressionSyntax>? OperandOf(IOperation operation, ExpressionSyntax wait) => operation switch
    {
        IPropertyReferenceOperation => static wait => TaskOf(wait),
        IInvocationOperation { TargetMethod.Name: "GetResult" } when IsGetAwaiter(TaskOf(((InvocationExpressionSyntax)wait).Expression)) =>
            static wait => TaskOf(((InvocationExpressionSyntax)TaskOf(((InvocationExpressionSyntax)wait).Expression)).Expression),
        IInvocationOperation { TargetMethod: { Name: "Wait", ReturnsVoid: true, Parameters: var parameters } } => parameters.IsEmpty
            ? static wait => TaskOf(((InvocationExpressionSyntax)wait).Expression)
            : static wait => Renamed((InvocationExpressionSyntax)wait, "WaitAsync"),
        IInvocationOperation { TargetMethod: { Name: "WaitAll", ReturnsVoid: true, Parameters.Length: 1 } } => static wait => Renamed((InvocationExpressionSyntax)wait, nameof(Task.WhenAll)),
        IInvocationOperation { TargetMethod: { Name: "WaitAll", ReturnsVoid: true } } => WithToken,
        IInvocationOperation { TargetMethod: { Name: "WaitAny", Parameters.Length: 1 }, Parent: IExpressionStatementOperation } => static wait => Renamed((InvocationExpressionSyntax)wait, nameof(Task.WhenAny)),
        _ => null,
    };

    /// <summary>In <c>task.Result</c>: the task; one that was only made of a <c>ValueTask</c> to be waited for is awaited as it was.</summary>
    private static ExpressionSyntax TaskOf(ExpressionSyntax access)
    {
        var member = (MemberAccessExpressionSyntax)access;
        var task = member.Expression.WithTrailingTrivia(member.Expression.GetTrailingTrivia().AddRange(member.OperatorToken.LeadingTrivia));
        return task is InvocationExpressionSyntax { ArgumentList.Arguments.Count: 0, Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: nameof(ValueTask.AsTask) } made }
            ? made.Expression
            : task;
    }

    private static bool IsGetAwaiter(ExpressionSyntax expression) =>
        expression is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: nameof(Task.GetAwaiter) } };

    private static InvocationExpressionSyntax Renamed(InvocationExpressionSyntax invocation, string name)
    {
        var old = invocation.Expression is MemberAccessExpressionSyntax access ? access.Name : (SimpleNameSyntax)invocation.Expression;
        return invocation.ReplaceNode(old, IdentifierName(name).WithTriviaFrom(old));
    }

    /// <summary><c>Task.WaitAll(tasks, token)</c>: <c>WhenAll</c> takes no token.</summary>
    private static InvocationExpressionSyntax WithToken(ExpressionSyntax wait)
    {
        var whenAll = Renamed((InvocationExpressionSyntax)wait, nameof(Task.WhenAll));
        var arguments = whenAll.ArgumentList.Arguments;
        var token = arguments.Last();
        return InvocationExpression(
            MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, whenAll.WithArgumentList(whenAll.ArgumentList.WithArguments(arguments.Remove(token))).WithoutTrivia(), IdentifierName("WaitAsync")),
            ArgumentList(SingletonSeparatedList(token.WithNameColon(null))))
            .WithTriviaFrom(wait);
    }
}
