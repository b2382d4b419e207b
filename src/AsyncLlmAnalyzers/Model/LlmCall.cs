using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>One invocation the catalog knows.</summary>
internal sealed class LlmCall(IInvocationOperation operation, CatalogEntry entry, CallShape shape)
{
    public IInvocationOperation Operation { get; } = operation;

    public IMethodSymbol Method => Operation.TargetMethod;

    public CatalogEntry Entry { get; } = entry;

    /// <summary>The entry's shape with by-return already decided.</summary>
    public CallShape Shape { get; } = shape;

    /// <summary>The answer comes piece by piece, so that a time for the whole of it is none for the stream.</summary>
    public bool IsStream => Shape is CallShape.StreamLazy or CallShape.StreamTask or CallShape.SyncStream;

    /// <summary>What goes on when nobody waits any longer, to be read after "so".</summary>
    public string RunsOn => RunsOnAs(Entry.Kind);

    public static string RunsOnAs(CatalogKind kind) => kind == CatalogKind.Local ? "the model computes on" : "the request runs on and is billed";

    public static LlmCall? From(IInvocationOperation invocation, LlmContext context) =>
        context.FindRequest(invocation.TargetMethod, invocation.ReceiverType(), invocation) is { } entry
            ? new LlmCall(invocation, entry, context.Catalog.ShapeOf(entry, invocation.TargetMethod))
            : null;
}
