using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.RetryAfterFirstToken;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a hand-written retry opens a stream again although pieces of it have been written, sent, handed to a callback or collected.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>nothing has left the attempt: the pieces are kept in a buffer that each attempt begins anew;</item>
/// <item>the handler asks whether anything was passed on, and then gives up;</item>
/// <item>the loop around goes over clients or items.</item>
/// </list>
/// </summary>
internal sealed class RetryAfterFirstTokenRule : LlmRule
{
    public const string Id = "ALLM4008";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A stream is opened again after its first tokens were passed on",
        message: "When this stream breaks, '{0}' starts a new answer after the pieces that were already passed on: the reader gets the beginning of one and the whole of another",
        DiagnosticSeverity.Warning,
        description: "A new attempt is a new answer, word for word different from the first. Whoever has already received the beginning of the old one sees both, and both are billed.");

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 47;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.Invocation && context.MayBeCall(name);

    public override Finding? Inspect(Site site)
    {
        if (site.Call is not { IsStream: true } call
            || RetryLoop.Around(call.Operation) is not { TriesAnother: false } retry
            || StreamOf(call.Operation, retry) is not { } stream)
            return null;

        return StreamEmission.Of(stream, retry).Verdict == Verdict.Yes && !AsksWhatWasPassedOn(retry, stream)
            ? new Finding(Descriptor, site.NameToken.GetLocation(), call.Method.Name)
            : null;
    }

    /// <summary>The loop in the attempt that reads the stream: it stands over the call, or over the local that holds it.</summary>
    private static IForEachLoopOperation? StreamOf(IInvocationOperation call, RetryLoop retry) =>
        retry.Try.Body.Descendants().OfType<IForEachLoopOperation>().FirstOrDefault(loop =>
            loop.Collection.Syntax.Span.Contains(call.Syntax.Span)
            || loop.Collection.DescendantsAndSelf().OfType<ILocalReferenceOperation>().Any(local => local.Initializer()?.Syntax.Span.Contains(call.Syntax.Span) == true));

    /// <summary>The filter, a condition in the handler, or the loop's own, reads what the reading loop sets.</summary>
    private static bool AsksWhatWasPassedOn(RetryLoop retry, IForEachLoopOperation stream) =>
        new[] { retry.Handler.Filter, (retry.Loop as IWhileLoopOperation)?.Condition, (retry.Loop as IForLoopOperation)?.Condition }
            .Concat(retry.Handler.Handler.Descendants().OfType<IConditionalOperation>().Select(condition => condition.Condition))
            .Any(condition => condition?.DescendantsAndSelf().Any(part => part switch
            {
                ILocalReferenceOperation local => stream.Body.Changes(local.Local) || IsCollectedIn(stream, local.Local),
                IFieldReferenceOperation field => stream.Body.Changes(field.Field),
                _ => false,
            }) == true);

    private static bool IsCollectedIn(IForEachLoopOperation stream, ILocalSymbol local) =>
        stream.Body.Descendants().Any(operation => operation is IInvocationOperation call && call.Receiver() is ILocalReferenceOperation receiver && SymbolEqualityComparer.Default.Equals(receiver.Local, local));
}
