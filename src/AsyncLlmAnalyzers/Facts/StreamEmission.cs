using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Do items of a stream leave the attempt that reads them, so that another attempt repeats them?</summary>
internal static class StreamEmission
{
    private static readonly HashSet<string> Writers = new(StringComparer.Ordinal)
    {
        "Write", "WriteLine", "WriteAsync", "WriteLineAsync", "TryWrite", "SendAsync", "SendCoreAsync", "Report", "OnNext", "Invoke", "InvokeAsync",
    };

    private static readonly HashSet<string> Collectors = new(StringComparer.Ordinal) { "Append", "AppendLine", "Add", "AddRange", "Enqueue" };

    /// <summary>Yes, with what lets them out: a write, a callback, or a collection that outlives the attempt and is not emptied for the next.</summary>
    public static Fact Of(IForEachLoopOperation stream, RetryLoop retry)
    {
        var leak = stream.Body.Descendants().FirstOrDefault(operation => operation switch
        {
            IInvocationOperation { TargetMethod.MethodKind: MethodKind.DelegateInvoke } callback => callback.Arguments.Any(argument => IsOfItem(argument, stream)),
            IInvocationOperation call when Writers.Contains(call.TargetMethod.Name) => call.Arguments.Any(argument => IsOfItem(argument, stream)),
            IInvocationOperation call when Collectors.Contains(call.TargetMethod.Name) => call.Arguments.Any(argument => IsOfItem(argument, stream)) && Outlives(call.Receiver(), retry),
            ICompoundAssignmentOperation { OperatorKind: BinaryOperatorKind.Add } text => IsOfItem(text.Value, stream) && Outlives(text.Target, retry),
            _ => false,
        });
        return leak is null ? new Fact(Verdict.No) : new Fact(Verdict.Yes, leak.Syntax.GetLocation());
    }

    /// <summary>What came of the item: the loop's variable, or a variable declared in the loop.</summary>
    private static bool IsOfItem(IOperation value, IForEachLoopOperation stream) => value.DescendantsAndSelf().Any(part =>
        part is ILocalReferenceOperation { Local: var local } && local.DeclaringSyntaxReferences.Any(declaration => stream.Syntax.Span.Contains(declaration.Span)));

    /// <summary>A text or list from outside of the retry that no attempt begins anew.</summary>
    private static bool Outlives(IOperation? target, RetryLoop retry)
    {
        while (target is IInvocationOperation { TargetMethod.Name: "Append" or "AppendLine" } chained)
            target = chained.Receiver();

        var symbol = target?.WithoutConversions().Variable();
        return symbol is not null
            && !symbol.DeclaringSyntaxReferences.Any(declaration => retry.Loop.Syntax.Span.Contains(declaration.Span))
            && !retry.Loop.Descendants().Any(operation => operation switch
            {
                IInvocationOperation { TargetMethod.Name: "Clear" } clear => Is(clear.Receiver(), symbol),
                ISimpleAssignmentOperation assignment => Is(assignment.Target, symbol),
                _ => false,
            });
    }

    private static bool Is(IOperation? operation, ISymbol symbol) => (operation is IPropertyReferenceOperation { Instance: { } owner } ? owner : operation).IsVariable(symbol);
}
