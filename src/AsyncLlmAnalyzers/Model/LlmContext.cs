using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Text;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Model;

/// <summary>What is known about one compilation: its catalog, framework types, wrappers, and whether the runtime is at hand.</summary>
internal sealed class LlmContext
{
    private static readonly ConditionalWeakTable<Compilation, Latest> Known = new();

    private readonly ImmutableHashSet<ISymbol> _declaredCalls;
    private readonly ImmutableHashSet<ISymbol> _declaredBounded;
    private readonly ConcurrentDictionary<Type, object> _kept = new();
    private readonly ConcurrentDictionary<(string Question, SyntaxTree Tree, TextSpan Span), object> _answers = new();

    private LlmContext(
        Compilation compilation, LlmCatalog catalog, ImmutableHashSet<ISymbol> declaredCalls, ImmutableHashSet<ISymbol> declaredBounded)
    {
        Compilation = compilation;
        Catalog = catalog;
        Types = new KnownTypes(compilation);
        HasRuntime = compilation.GetTypesByMetadataName("AsyncLlm.LlmTask").Any(type => compilation.IsSymbolAccessibleWithin(type, compilation.Assembly));
        _declaredCalls = declaredCalls;
        _declaredBounded = declaredBounded;
        Implementations = new Implementations(this);
        Bodies = new Bodies(this);
        Callers = new Callers(this);
        Wrappers = new Wrappers(this);
        Names = new NameIndex(this);
    }

    public Compilation Compilation { get; }

    public LlmCatalog Catalog { get; }

    public KnownTypes Types { get; }

    /// <summary>The compilation can name <c>AsyncLlm.LlmTask</c>, so fixes may write it.</summary>
    public bool HasRuntime { get; }

    public Implementations Implementations { get; }

    public Bodies Bodies { get; }

    public Callers Callers { get; }

    public Wrappers Wrappers { get; }

    public NameIndex Names { get; }

    /// <summary>What a fact keeps for the whole compilation, made when first asked for.</summary>
    public T Kept<T>(Func<LlmContext, T> make)
        where T : class => (T)_kept.GetOrAdd(typeof(T), _ => make(this));

    /// <summary>The answer to a question about a place of the code, which several rules ask; found once. It holds no operation.</summary>
    public T Answer<T>(string question, SyntaxNode place, Func<T> find)
        where T : struct => (T)_answers.GetOrAdd((question, place.SyntaxTree, place.Span), _ => find());

    /// <summary>
    /// Null when nothing in the compilation can make a model call: then nothing needs to be registered. Analyzers and fixes that ask about one version of
    /// a project share the answer.
    /// </summary>
    public static LlmContext? Create(Compilation compilation, AnalyzerOptions options, CancellationToken cancellationToken)
    {
        var known = Known.GetValue(compilation, static _ => new Latest());
        if (known.Value is not { } latest || !ReferenceEquals(latest.Options, options))
            known.Value = latest = new Created(options, CreateNew(compilation, options, cancellationToken));
        return latest.Context;
    }

    private static LlmContext? CreateNew(Compilation compilation, AnalyzerOptions options, CancellationToken cancellationToken)
    {
        var catalog = LlmCatalog.Resolve(compilation, UserCatalog.Read(options, cancellationToken), cancellationToken);
        var calls = Declared(Options.CallMethods, compilation, options);
        return catalog.HasCalls || calls.Count > 0 || IsWanted(Options.RawHttp, compilation, options)
            ? new LlmContext(compilation, catalog, calls, Declared(Options.BoundedMethods, compilation, options))
            : null;
    }

    /// <summary>
    /// The entry of a member that sends a request and is known to with certainty, also by hand. Inside a middleware type
    /// (a <c>DelegatingChatClient</c>, an agent), or a function that a client's builder is given as one, the inner client's member is no call site of its own.
    /// </summary>
    public CatalogEntry? FindRequest(IMethodSymbol method, ITypeSymbol? receiver, IOperation site) =>
        (FindLibraryRequest(method, receiver) ?? RawRequest.EntryOf(method, site, this)) is { } entry
        && !Catalog.IsMiddleware(EnclosingType(site))
        && !IsHandedIn(site)
            ? entry
            : null;

    private CatalogEntry? FindLibraryRequest(IMethodSymbol method, ITypeSymbol? receiver) =>
        FindCall(method, receiver) is { IsCall: true, IsLowConfidence: false } entry && Catalog.ShapeOf(entry, method) is not (CallShape.Cpu or CallShape.Blocks) ? entry : null;

    private CatalogEntry? FindCall(IMethodSymbol method, ITypeSymbol? receiver) =>
        Catalog.FindCall(method, receiver)
        ?? (_declaredCalls.Contains((method.ReducedFrom ?? method).OriginalDefinition) ? LlmCatalog.MarkedCall : null);

    public CatalogEntry? FindExecutor(IMethodSymbol method, ITypeSymbol? receiver = null) =>
        Catalog.FindExecutor(method, receiver)
        ?? (_declaredBounded.Contains((method.ReducedFrom ?? method).OriginalDefinition) ? LlmCatalog.MarkedBound : null);

    /// <summary>Calls of the member are limited by the member itself: the user says so.</summary>
    public bool IsBounded(IMethodSymbol method) => FindExecutor(method) is { ExecutorShape: ExecutorShape.Run } executor && (executor.Roles & ExecutorRole.Bounds) != 0;

    /// <summary>A filter by name, before anything is bound.</summary>
    public bool MayBeCall(string name) => MayBeLibraryCall(name) || RawRequest.MayBeCall(name);

    /// <summary>The same without the requests that are sent by hand.</summary>
    public bool MayBeLibraryCall(string name) => Catalog.MayBeCall(name) || _declaredCalls.Any(call => call.Name == name);

    /// <summary>
    /// The one way to another tree's model. Null for a tree that is not of this compilation: in an IDE a referenced
    /// project's symbols have syntax, and asking for its model would throw.
    /// </summary>
    public SemanticModel? GetModel(SyntaxTree tree) =>
#pragma warning disable RS0030, RS1030 // guarded by ContainsSyntaxTree; wrappers are looked up across files only for a candidate
        Compilation.ContainsSyntaxTree(tree) ? Compilation.GetSemanticModel(tree) : null;
#pragma warning restore RS0030, RS1030

    /// <summary><c>builder.Use((messages, options, inner, ct) => inner.GetResponseAsync(messages, options, ct), ..)</c>: the SDK brings the client.</summary>
    private bool IsHandedIn(IOperation site) =>
        site is IInvocationOperation call
        && call.Receiver() is IParameterReferenceOperation { Parameter.ContainingSymbol: IMethodSymbol function } client
        && (function.MethodKind == MethodKind.LambdaMethod ? TaskSources.LambdaCallOf(client) is { } carrier && BringsClient(carrier) : client.Parameter.Ordinal > 0 && IsMiddleware(function));

    /// <summary>The method is given to the builder instead of such a lambda.</summary>
    private bool IsMiddleware(IMethodSymbol function) => Names.MethodGroups(function.Name, default).Any(group =>
        SymbolEqualityComparer.Default.Equals(group.Method.OriginalDefinition, function.OriginalDefinition) && group.GivenTo() is { } carrier && BringsClient(carrier));

    private bool BringsClient(IInvocationOperation carrier) =>
        carrier.ReceiverType() is { } type
        && (Catalog.FindClient(type) is not null || Catalog.IsReceiver(type))
        && !Bodies.IsInSource(carrier.TargetMethod);

    /// <summary>The invocation that a summary keeps the place of; null where the place is none of this compilation's.</summary>
    public IInvocationOperation? InvocationAt(Location place, CancellationToken cancellationToken) =>
        place.SourceTree?.GetRoot(cancellationToken).FindNode(place.SourceSpan, getInnermostNodeForTie: true).FirstAncestorOrSelf<InvocationExpressionSyntax>() is { } node
            ? GetModel(node.SyntaxTree)?.GetOperation(node, cancellationToken) as IInvocationOperation
            : null;

    private static INamedTypeSymbol? EnclosingType(IOperation site) =>
        site.SemanticModel?.GetEnclosingSymbol(site.Syntax.SpanStart) switch
        {
            INamedTypeSymbol type => type,
            var symbol => symbol?.ContainingType,
        };

    private static bool IsWanted(BoolOption option, Compilation compilation, AnalyzerOptions options)
    {
        var provider = options.AnalyzerConfigOptionsProvider;
        return option.Read(provider.GlobalOptions) || compilation.SyntaxTrees.Any(tree => option.Read(provider.GetOptions(tree)));
    }

    private static ImmutableHashSet<ISymbol> Declared(ListOption option, Compilation compilation, AnalyzerOptions options)
    {
        var provider = options.AnalyzerConfigOptionsProvider;
        var ids = new HashSet<string>(option.Read(provider.GlobalOptions), StringComparer.Ordinal);
        foreach (var tree in compilation.SyntaxTrees)
            ids.UnionWith(option.Read(provider.GetOptions(tree)));

        return ids
            .SelectMany(id => DocumentationCommentId.GetSymbolsForDeclarationId(id, compilation))
            .ToImmutableHashSet(SymbolEqualityComparer.Default)!;
    }

    private sealed record Created(AnalyzerOptions Options, LlmContext? Context);

    /// <summary>Twice is harmless, so it is changed without a lock.</summary>
    private sealed class Latest
    {
        public Created? Value { get; set; }
    }
}
