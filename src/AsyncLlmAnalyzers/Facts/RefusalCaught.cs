using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>May a handler catch what a client throws when the server refuses a request?</summary>
internal static class RefusalCaught
{
    /// <summary>No library throws these, or what derives from them, for a refusal: a timeout has waited already, and an answer that cannot be read was given.</summary>
    private static readonly string[] OtherFailures = [nameof(OperationCanceledException), nameof(TimeoutException), nameof(FormatException), "JsonException"];

    public static bool MayBe(ICatchClauseOperation clause) => !IsOther(clause.ExceptionType) && !(clause.Filter is { } filter && TestsForOthers(filter));

    private static bool IsOther(ITypeSymbol? type) => type is not null && OtherFailures.Any(type.IsOrDerivesFrom);

    /// <summary>It lets through nothing but these.</summary>
    private static bool TestsForOthers(IOperation filter) => filter.WithoutConversions() switch
    {
        IIsTypeOperation { TypeOperand: var type } => IsOther(type),
        IIsPatternOperation { Pattern: var pattern } => MatchesOthers(pattern),
        IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalOr } either => TestsForOthers(either.LeftOperand) && TestsForOthers(either.RightOperand),
        IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalAnd } both => TestsForOthers(both.LeftOperand) || TestsForOthers(both.RightOperand),
        _ => false,
    };

    private static bool MatchesOthers(IPatternOperation pattern) => pattern switch
    {
        ITypePatternOperation { MatchedType: var type } => IsOther(type),
        IDeclarationPatternOperation { MatchedType: var type } => IsOther(type),
        IRecursivePatternOperation { MatchedType: var type } => IsOther(type),
        IBinaryPatternOperation { OperatorKind: BinaryOperatorKind.Or } either => MatchesOthers(either.LeftPattern) && MatchesOthers(either.RightPattern),
        IBinaryPatternOperation { OperatorKind: BinaryOperatorKind.And } both => MatchesOthers(both.LeftPattern) || MatchesOthers(both.RightPattern),
        _ => false,
    };
}
