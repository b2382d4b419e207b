using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>A place where code asks an <c>HttpResponseMessage</c> for its status, and leaves with nothing when the request was refused.</summary>
/// <param name="Test">The comparison, the case, or the question whether it succeeded.</param>
/// <param name="Response">Whose status it is.</param>
/// <param name="Then">What runs when the request was refused: statements that end with an exit, or the value that is returned.</param>
/// <param name="NamesTheLimit">It is asked for the rate limit, and not for success.</param>
internal sealed record StatusTest(IOperation Test, IOperation Response, ImmutableArray<IOperation> Then, bool NamesTheLimit)
{
    /// <param name="status">Where a status is named: the property of the response, or the value it is compared with where the property stands in a pattern.</param>
    public static StatusTest? Of(IMemberReferenceOperation status)
    {
        var found = status is IPropertyReferenceOperation { Property: { Name: RateLimitHandler.IsSuccess, ContainingType.Name: "HttpResponseMessage" }, Instance: { } response } ? OfSuccess(status, response.WithoutConversions())
            : HeadOf(status) is ISwitchOperation or ISwitchExpressionOperation && ResponseIn(status) is { } switched ? OfCases(HeadOf(status)!, switched)
            : OfComparison(status);
        return found is not null && IsLeft(found) ? found : null;
    }

    public static ImmutableArray<IOperation> Statements(IOperation operation) => operation is IBlockOperation block ? block.Operations : [operation];

    /// <summary><c>if (response.StatusCode == HttpStatusCode.TooManyRequests)</c>.</summary>
    private static StatusTest? OfComparison(IMemberReferenceOperation status)
    {
        var test = status.Ancestors().FirstOrDefault(ancestor => ancestor is IBinaryOperation { OperatorKind: BinaryOperatorKind.Equals } or IIsPatternOperation);
        return test is not null
            && !(status is IPropertyReferenceOperation && test.Descendants().Any(IsNamed))
            && ResponseIn(test) is { } response
            && test.Ancestors().OfType<IConditionalOperation>().FirstOrDefault(choice => choice.Condition.Syntax.Span.Contains(test.Syntax.Span)) is { } choice
            && RateLimitHandler.AsksForTheLimit(choice.Condition)
                ? new StatusTest(test, response, Statements(choice.WhenTrue), NamesTheLimit: true)
                : null;
    }

    /// <summary>The limit's own name, which is looked at for itself; after <c>is</c> it is written as a type is.</summary>
    private static bool IsNamed(IOperation part) => part is IFieldReferenceOperation { Field.Name: RateLimitHandler.TooManyRequests, Syntax: MemberAccessExpressionSyntax };

    /// <summary><c>if (!response.IsSuccessStatusCode)</c>, or what is left to do after <c>if (response.IsSuccessStatusCode) return ..</c>.</summary>
    private static StatusTest? OfSuccess(IOperation status, IOperation response)
    {
        var denied = status.Parent is IUnaryOperation { OperatorKind: UnaryOperatorKind.Not };
        var test = denied ? status.Parent! : status;
        return test.Parent is IConditionalOperation choice && choice.Condition == test
            ? new StatusTest(status, response, denied ? Statements(choice.WhenTrue) : Otherwise(choice), NamesTheLimit: false)
            : null;
    }

    private static ImmutableArray<IOperation> Otherwise(IConditionalOperation choice) =>
        choice.WhenFalse is { } otherwise ? Statements(otherwise)
        : Statements(choice.WhenTrue) is [.., IReturnOperation] && choice.Parent is IBlockOperation block ? block.Operations.RemoveRange(0, block.Operations.IndexOf(choice) + 1)
        : [];

    /// <summary><c>switch (response.StatusCode) { case HttpStatusCode.TooManyRequests: .. }</c>, a statement or an expression.</summary>
    private static StatusTest? OfCases(IOperation choice, IOperation response)
    {
        var arms = choice switch
        {
            ISwitchExpressionOperation expression => expression.Arms.Where(arm => arm.Guard is null).Select(arm => (Label: (IOperation)arm.Pattern, Then: ImmutableArray.Create(arm.Value))),
            ISwitchOperation statement =>
                from section in statement.Cases
                from clause in section.Clauses
                let label = clause switch
                {
                    ISingleValueCaseClauseOperation { Value: var value } => value,
                    IPatternCaseClauseOperation { Guard: null, Pattern: var pattern } => pattern,
                    _ => default(IOperation),
                }
                where label is not null
                select (Label: label, Then: section.Body is [IBlockOperation block] ? block.Operations : section.Body),
            _ => [],
        };
        return arms.FirstOrDefault(arm => RateLimitHandler.AsksForTheLimit(arm.Label)) is { Label: { } limit, Then: var then } ? new StatusTest(limit, response, then, NamesTheLimit: true) : null;
    }

    /// <summary>What the status is the head of, as it stands or as a number.</summary>
    private static IOperation? HeadOf(IOperation status) => status.Ancestors().FirstOrDefault(ancestor => ancestor is not (IConversionOperation or IParenthesizedOperation)) switch
    {
        ISwitchOperation choice when choice.Value.Syntax.Span.Contains(status.Syntax.Span) => choice,
        ISwitchExpressionOperation choice when choice.Value.Syntax.Span.Contains(status.Syntax.Span) => choice,
        _ => null,
    };

    private static IOperation? ResponseIn(IOperation test)
    {
        var status = test.DescendantsAndSelf().OfType<IPropertyReferenceOperation>().FirstOrDefault(part => part.Property is { Name: RateLimitHandler.StatusCode, ContainingType.Name: "HttpResponseMessage" });
        return status?.Instance is IInstanceReferenceOperation ? (test as IIsPatternOperation)?.Value.WithoutConversions() : status?.Instance?.WithoutConversions();
    }

    /// <summary>The function returns nothing, or a loop over items goes on with the next one; one that an answer ends looks for it elsewhere.</summary>
    private static bool IsLeft(StatusTest test) => test.Then switch
    {
        [.., IReturnOperation] => true,
        [.., IBranchOperation { BranchKind: BranchKind.Continue }] => test.Test.Ancestors().OfType<ILoopOperation>().FirstOrDefault() is IForEachLoopOperation loop && !loop.IsLeftAfter(test.Test),
        [{ Type: not null } value] => RateLimitHandler.IsNothing(value) && value.Ancestors().FirstOrDefault(ancestor => ancestor is not (IConversionOperation or IConditionalOperation or ISwitchExpressionOperation or ISwitchExpressionArmOperation)) is IReturnOperation,
        _ => false,
    };
}
