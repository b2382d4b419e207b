using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>One model call through a client that is constructed in this compilation. What is around it is looked at when a rule asks, and once.</summary>
internal sealed class ClientUse(string call, bool isStream, bool isJob, Location place, LlmContext context)
{
    private Verdict? _isRetried;
    private bool? _isRepeated;
    private bool? _hasTimeLimit;

    /// <summary>The name of the called member.</summary>
    public string Call => call;

    /// <summary>Its answer comes piece by piece.</summary>
    public bool IsStream => isStream;

    /// <summary>It only starts a job, whose answers are fetched later.</summary>
    public bool IsJob => isJob;

    /// <summary>No: neither the code around it nor a layer of its client repeats it; whatever the SDK does.</summary>
    public Verdict IsRetried(CancellationToken cancellationToken) => _isRetried ??= Ask(operation =>
        Retried.Around(operation, context, cancellationToken) is { Verdict: not Verdict.No and var around } ? around : Retried.Layers(operation, context, cancellationToken).Verdict, cancellationToken) ?? Verdict.Unknown;

    /// <summary>It runs in a loop or fan-out.</summary>
    public bool IsRepeated(CancellationToken cancellationToken) => _isRepeated ??= Ask(operation => Repeated.Of(operation, context, cancellationToken).Verdict, cancellationToken) == Verdict.Yes;

    /// <summary>The code around it, or the source of its token, ends it after a time.</summary>
    public bool HasTimeLimit(CancellationToken cancellationToken) => _hasTimeLimit ??= Ask(operation =>
        DeadToken.IsTimed(operation, context, cancellationToken) ? Verdict.Yes : Deadline.Around(operation, context, cancellationToken).Verdict, cancellationToken) == Verdict.Yes;

    private Verdict? Ask(Func<IInvocationOperation, Verdict> question, CancellationToken cancellationToken) =>
        context.InvocationAt(place, cancellationToken) is { } operation ? question(operation) : null;
}

/// <summary>The calls through each construction of the compilation, found file by file as far as somebody asks: most clients are used where they are made.</summary>
internal sealed class ClientUses(LlmContext context)
{
    private readonly Lazy<ILookup<SyntaxTree, NameIndex.Place>> _places = new(() => context.Names.Places(context.MayBeLibraryCall).ToLookup(place => place.Tree));
    private readonly ConcurrentDictionary<SyntaxTree, ILookup<Location, ClientUse>> _uses = new();
    private readonly ConcurrentDictionary<NameIndex.Place, Found> _found = new();
    private readonly ConcurrentDictionary<Location, IReadOnlyCollection<SyntaxTree>?> _reached = new();

    /// <summary>Those in its own file come first.</summary>
    public static IEnumerable<ClientUse> Of(ClientConstruction client, LlmContext context, CancellationToken cancellationToken)
    {
        var uses = In(context);
        return uses.Trees(client, cancellationToken).SelectMany(tree => uses.In(tree, cancellationToken)[client.Location]);
    }

    /// <summary>Those in all files, also where <see cref="ClientReach"/> does not see the client come: for who must not miss one.</summary>
    public static IEnumerable<ClientUse> Everywhere(ClientConstruction client, LlmContext context, CancellationToken cancellationToken)
    {
        var uses = In(context);
        return uses._places.Value.SelectMany(tree => uses.In(tree.Key, cancellationToken)[client.Location]);
    }

    /// <summary>Keeps what a rule has found out about an invocation: later the compiler may have forgotten its file, and would have to bind it again.</summary>
    /// <param name="invocation">Any invocation.</param>
    /// <param name="constructions">Where its client may be made; null when it is no model call.</param>
    /// <param name="context">The compilation.</param>
    public static void Keep(IInvocationOperation invocation, ImmutableArray<ClientConstruction>? constructions, LlmContext context)
    {
        if (Site.NameOf(invocation.Syntax) is { } name)
            In(context)._found.TryAdd(new NameIndex.Place(name.SyntaxTree, name.SpanStart), constructions is { } made ? Found.Of(invocation, made, context) : Found.Nothing);
    }

    private static ClientUses In(LlmContext context) => context.Kept(static context => new ClientUses(context));

    private IEnumerable<SyntaxTree> Trees(ClientConstruction client, CancellationToken cancellationToken)
    {
        var own = client.Location.SourceTree!;
        yield return own;
        foreach (var tree in _reached.GetOrAdd(client.Location, _ => ClientReach.Of(client, context, cancellationToken)) ?? _places.Value.Select(tree => tree.Key))
        {
            if (tree != own)
                yield return tree;
        }
    }

    /// <summary>Found without a lock: twice is harmless.</summary>
    private ILookup<Location, ClientUse> In(SyntaxTree tree, CancellationToken cancellationToken) => _uses.GetOrAdd(tree, _ => _places.Value[tree]
        .Select(place => _found.GetOrAdd(place, _ => Find(place, cancellationToken)))
        .SelectMany(found => found.Constructions, (found, construction) => (Construction: construction, found.Use))
        .ToLookup(found => found.Construction, found => found.Use!));

    private Found Find(NameIndex.Place place, CancellationToken cancellationToken) =>
        context.Names.Invocation(place, cancellationToken) is { } invocation && LlmCall.From(invocation, context) is not null
            ? Found.Of(invocation, ClientOrigins.Of(invocation, context, cancellationToken).All, context)
            : Found.Nothing;

    /// <param name="Use">The model call; null for an invocation that is none.</param>
    /// <param name="Constructions">Where its client may be made.</param>
    private sealed record Found(ClientUse? Use, ImmutableArray<Location> Constructions)
    {
        public static readonly Found Nothing = new(null, []);

        public static Found Of(IInvocationOperation invocation, ImmutableArray<ClientConstruction> constructions, LlmContext context) => constructions.IsEmpty
            ? Nothing
            : new(UseOf(invocation, context), [.. constructions.Select(construction => construction.Location)]);

        private static ClientUse UseOf(IInvocationOperation invocation, LlmContext context)
        {
            var call = LlmCall.From(invocation, context);
            return new ClientUse(invocation.TargetMethod.Name, call?.IsStream == true, call?.Entry.Kind == CatalogKind.Batch, invocation.Syntax.GetLocation(), context);
        }
    }
}
