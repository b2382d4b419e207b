using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does this code run for many items at once?</summary>
internal static class PerItem
{
    /// <summary>Yes: it stands in what a fan-out runs for each item, or is called from there. No: that cannot be seen.</summary>
    public static Fact Of(IOperation site, LlmContext context, CancellationToken cancellationToken) =>
        Surroundings.Of(site, context, here => Here(here, context), cancellationToken);

    private static Fact Here(IOperation site, LlmContext context)
    {
        foreach (var lambda in site.Ancestors().OfType<IAnonymousFunctionOperation>())
        {
            if (lambda.GivenTo() is { } carrier && IsFanOut(carrier, context))
                return new Fact(Verdict.Yes, carrier.Syntax.GetLocation());
        }

        return new Fact(Verdict.No);
    }

    private static bool IsFanOut(IInvocationOperation carrier, LlmContext context) => carrier.TargetMethod switch
    {
        { Name: "Select" or "SelectMany", ContainingType: var type } => KnownTypes.Is(type, context.Types.Enumerable) && ReturnsTasks(carrier, context),
        { Name: "ForEachAsync" or "ForAsync" or "ForEach" or "For", ContainingType: var type } => KnownTypes.Is(type, context.Types.Parallel),
        { Name: "WhenAll" or "WhenAllSettled" or "WhenEach", ContainingType: { Name: "LlmTask", ContainingNamespace.Name: "AsyncLlm" } } => true,
        { Name: "Run" or "StartNew" } => context.Types.IsTask(carrier.Type) && carrier.Ancestors().Any(ancestor => ancestor is ILoopOperation loop && loop.Repeats(carrier)),
        _ => false,
    };

    private static bool ReturnsTasks(IInvocationOperation select, LlmContext context) =>
        select.TargetMethod.TypeArguments.LastOrDefault() is { } result && context.Types.IsTaskLike(result);
}
