using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>One model call through a client that is constructed in this compilation. What is around it is looked at when a rule asks, and once.</summary>
internal sealed class ClientUse(string call, Location place, LlmContext context)
{
    private Verdict? _isRetried;
    private bool? _isRepeated;
    private bool? _hasTimeLimit;

    /// <summary>The name of the called member.</summary>
    public string Call => call;

    /// <summary>No: neither the code around it nor a layer of its client repeats it; whatever the SDK does.</summary>
    public Verdict IsRetried(CancellationToken cancellationToken) => _isRetried ??= Ask(operation =>
        Retried.Around(operation, context, cancellationToken) is { Verdict: not Verdict.No and var around } ? around : Retried.Layers(operation, context, cancellationToken).Verdict, cancellationToken) ?? Verdict.Unknown;

    /// <summary>It runs in a loop or fan-out.</summary>
    public bool IsRepeated(CancellationToken cancellationToken) => _isRepeated ??= Ask(operation => Repeated.Of(operation, context, cancellationToken).Verdict, cancellationToken) == Verdict.Yes;

    /// <summary>The code around it, or the source of its token, ends it after a time.</summary>
    public bool HasTimeLimit(CancellationToken cancellationToken) => _hasTimeLimit ??= Ask(operation =>
        DeadToken.IsTimed(operation) ? Verdict.Yes : Deadline.Around(operation, context, cancellationToken).Verdict, cancellationToken) == Verdict.Yes;

    private Verdict? Ask(Func<IInvocationOperation, Verdict> question, CancellationToken cancellationToken) =>
        context.InvocationAt(place, cancellationToken) is { } operation ? question(operation) : null;
}

/// <summary>The calls through each construction of the compilation, found file by file as far as somebody asks: most clients are used where they are made.</summary>
internal sealed class ClientUses(LlmContext context)
{
    private readonly ILookup<SyntaxTree, NameIndex.Place> _places = context.Names.Places(context.MayBeLibraryCall).ToLookup(place => place.Tree);
    private readonly ConcurrentDictionary<SyntaxTree, ILookup<Location, ClientUse>> _uses = new();

    /// <summary>Those in its own file come first.</summary>
    public static IEnumerable<ClientUse> Of(ClientConstruction client, LlmContext context, CancellationToken cancellationToken)
    {
        var uses = context.Kept(static context => new ClientUses(context));
        return uses.Trees(client, cancellationToken).SelectMany(tree => uses.In(tree, cancellationToken)[client.Location]);
    }

    private IEnumerable<SyntaxTree> Trees(ClientConstruction client, CancellationToken cancellationToken)
    {
        var own = client.Location.SourceTree!;
        yield return own;
        foreach (var tree in ClientReach.Of(client, context, cancellationToken) ?? _places.Select(tree => tree.Key))
        {
            if (tree != own)
                yield return tree;
        }
    }

    /// <summary>Found without a lock: twice is harmless.</summary>
    private ILookup<Location, ClientUse> In(SyntaxTree tree, CancellationToken cancellationToken) =>
        _uses.GetOrAdd(tree, _ => Find(tree, cancellationToken).ToLookup(found => found.Construction, found => found.Use));

    private IEnumerable<(Location Construction, ClientUse Use)> Find(SyntaxTree tree, CancellationToken cancellationToken)
    {
        foreach (var place in _places[tree])
        {
            if (context.Names.Invocation(place, cancellationToken) is not { } invocation || LlmCall.From(invocation, context) is null)
                continue;

            var use = new ClientUse(invocation.TargetMethod.Name, invocation.Syntax.GetLocation(), context);
            foreach (var construction in ClientOrigins.Of(invocation, context, cancellationToken).All)
                yield return (construction.Location, use);
        }
    }
}
