using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does a function wait for a limiter between starting the clock of a source and making a call with its token?</summary>
internal static class QueueBetween
{
    /// <summary>
    /// The first such call and the acquire, which every way from the clock to the call passes. Null when there is none, when the
    /// acquire cannot wait, or when it is made again and again under one clock, as for a group of calls.
    /// </summary>
    public static (LlmCall Call, IInvocationOperation Acquire)? Of(TokenSource source, LlmContext context)
    {
        if (source.Local is not { } local)
            return null;

        var function = source.Creation.EnclosingFunction();
        foreach (var invocation in function.Descendants().OfType<IInvocationOperation>())
        {
            if (LlmCall.From(invocation, context) is { } call
                && invocation.EnclosingFunction() == function
                && TokenPassed.Of(call) is { } passed
                && SymbolEqualityComparer.Default.Equals(TokenSource.Of(passed)?.Local, local)
                && source.Timers.LastOrDefault(timer => timer.Syntax.SpanStart < invocation.Syntax.SpanStart) is { } timer
                && Acquires(function, context).FirstOrDefault(acquire => IsBetween(acquire, timer, invocation, local)) is { } acquire)
                return (call, acquire);
        }

        return null;
    }

    private static IEnumerable<IInvocationOperation> Acquires(IOperation function, LlmContext context) => function.Descendants()
        .OfType<IInvocationOperation>()
        .Where(acquire => context.FindExecutor(acquire.TargetMethod, acquire.ReceiverType()) is { ExecutorShape: ExecutorShape.Acquire } && MayWait(acquire) && acquire.EnclosingFunction() == function);

    private static bool IsBetween(IInvocationOperation acquire, IOperation timer, IOperation call, ILocalSymbol source) =>
        acquire.Syntax.SpanStart > timer.Syntax.Span.End
        && acquire.Syntax.Span.End < call.Syntax.SpanStart
        && !acquire.LoopsSinceDeclarationOf(source).Any()
        && acquire.Ancestors().OfType<IBlockOperation>().First().Syntax.Span.Contains(call.Syntax.Span);

    private static bool MayWait(IInvocationOperation acquire) =>
        acquire.TargetMethod.Name != "AttemptAcquire"
        && !acquire.Arguments.Any(argument => argument.Value.WithoutConversions() is { ConstantValue: { HasValue: true, Value: 0 } } or IFieldReferenceOperation { Field: { Name: nameof(TimeSpan.Zero), ContainingType.Name: nameof(TimeSpan) } });
}
