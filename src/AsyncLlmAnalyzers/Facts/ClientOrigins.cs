using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Which construction in this compilation made a client, and with which settings?</summary>
internal static class ClientOrigins
{
    /// <summary>Of the client that a call goes through.</summary>
    public static ClientOrigin Of(IInvocationOperation call, LlmContext context, CancellationToken cancellationToken) =>
        call.Receiver() is { } receiver ? context.Answer(nameof(ClientOrigins), receiver.KeptAt(), () => OfClient(receiver, context, cancellationToken)) : new ClientOrigin([], IsComplete: false);

    /// <summary>Finds the calls behind tasks, but for those whose client answers by itself.</summary>
    public static CallsBehind CallsBehind(LlmContext context, CancellationToken cancellationToken) =>
        new(context, cancellationToken, call => Of(call, context, cancellationToken).IsOwn);

    /// <summary>The model runs in the process, or the client is a class of this compilation.</summary>
    public static bool AnswersByItself(CallEdge call, LlmContext context, CancellationToken cancellationToken) =>
        context.Catalog.FindCall(call.Target) is { Kind: CatalogKind.Local }
        || context.InvocationAt(call.Location, cancellationToken) is { } invocation && Of(invocation, context, cancellationToken).IsOwn;

    public static ClientOrigin OfClient(IOperation client, LlmContext context, CancellationToken cancellationToken)
    {
        var search = new Search(context, cancellationToken);
        search.Follow(client);
        return new ClientOrigin(search.Found.ToImmutable(), search.IsComplete, search.IsOwn, search.IsMadeHere);
    }

    /// <summary>The construction that an object creation or an invocation is; null when it is none, or makes its client of another one.</summary>
    public static ClientConstruction? At(IOperation? site, LlmContext context, CancellationToken cancellationToken) =>
        site is not null && RowOf(site, context) is { IsInner: false } row && !row.HasTrait("settings") && InnerArgument(site, row) is null && !TakesInner(site, row)
            ? new ClientSettings(context, cancellationToken).Read(site, row)
            : null;

    private static CatalogEntry? RowOf(IOperation operation, LlmContext context) => operation switch
    {
        IObjectCreationOperation { Type: { } type } => context.Catalog.FindClient(type),
        IInvocationOperation invocation when context.Catalog.MayBeClientMethod(invocation.TargetMethod.Name) => context.Catalog.FindClientMethod(invocation.TargetMethod, invocation.ReceiverType()),
        _ => null,
    };

    /// <summary>The argument with the client whose settings hold instead.</summary>
    private static IOperation? InnerArgument(IOperation construction, CatalogEntry row)
    {
        if (row.TraitValue("inner") is not { } inner)
            return null;

        var name = inner.Substring(inner.LastIndexOf('.') + 1);
        return ClientSettings.Arguments(construction)
            .FirstOrDefault(argument => argument.Parameter?.Type.Name == name && argument.Value.WithoutConversions() is not (IDefaultValueOperation or ILiteralOperation))
            ?.Value;
    }

    /// <summary>Where no such client is given, it is taken from the container.</summary>
    private static bool TakesInner(IOperation construction, CatalogEntry row) =>
        row.TraitValue("inner") is { } inner
        && construction is IInvocationOperation { TargetMethod.Parameters: var parameters }
        && parameters.Any(parameter => parameter.Type.Name == inner.Substring(inner.LastIndexOf('.') + 1));

    private sealed class Search(LlmContext context, CancellationToken cancellationToken)
    {
        private const int MaxSteps = 200;
        private const int MaxChain = 30;

        private readonly HashSet<(SyntaxNode Value, bool IsBehind)> _seen = [];
        private bool _isBehind;
        private ITypeSymbol? _service;
        private readonly ValueSources _sources = new(context, cancellationToken);
        private readonly ClientSettings _settings = new(context, cancellationToken);

        public ImmutableArray<ClientConstruction>.Builder Found { get; } = ImmutableArray.CreateBuilder<ClientConstruction>();

        public bool IsComplete { get; private set; } = true;

        public bool IsOwn { get; private set; }

        public bool IsMadeHere { get; private set; }

        /// <param name="value">The client, or what it is made of.</param>
        /// <param name="changes">Settings that were changed on the way, as by <c>WithOptions</c>.</param>
        public void Follow(IOperation value, ClientChanges changes = default)
        {
            value = value.WithoutConversions();
            if (value is ILiteralOperation { ConstantValue.Value: null } or IDefaultValueOperation or IThrowOperation || !_seen.Add((value.Syntax, _isBehind)))
                return;
            if (_seen.Count > MaxSteps)
            {
                IsComplete = false;
                return;
            }

            if (RowOf(value, context) is { } row && !row.HasTrait("settings"))
            {
                FollowRow(value, row, changes);
                return;
            }

            if (value is IInstanceReferenceOperation ? context.Catalog.IsReceiver(value.Type!) : IsOwnClient(value.Type) || value.Type is { } type && context.Catalog.IsInProcess(type))
            {
                (IsOwn, IsComplete) = (true, false);
                return;
            }

            if (value is IInvocationOperation made && IsMadeOfClient(made))
            {
                FollowBehind(made.Receiver()!);
                return;
            }

            var next = Next(value).ToList();
            IsMadeHere |= value is IObjectCreationOperation || next.Count == 0 && (value is IInvalidOperation || IsBuiltHere(value));
            IsComplete &= next.Count > 0 && !CanBeSetElsewhere(value);
            foreach (var source in next)
                Follow(source, changes);
        }

        /// <summary>A class written here that implements a client's interface, and is neither middleware nor derived from a library's client.</summary>
        private bool IsOwnClient(ITypeSymbol? type) =>
            type is { TypeKind: TypeKind.Class }
            && SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, context.Compilation.Assembly)
            && context.Catalog.IsReceiver(type)
            && !context.Catalog.IsNamed(type)
            && context.Catalog.FindClient(type) is null
            && !context.Catalog.IsMiddleware(type)
            && (type.BaseType is not { } ancestor || !context.Catalog.IsReceiver(ancestor) || IsOwnClient(ancestor));

        private void FollowRow(IOperation construction, CatalogEntry row, ClientChanges changes)
        {
            if (row.HasTrait("builder") && construction is IInvocationOperation build)
            {
                var steps = StepsOf(build);
                IsComplete &= steps.Count > 0;
                foreach (var step in steps)
                    Follow(step, changes);
            }
            else if ((row.IsInner ? InnerOf(construction) : InnerArgument(construction, row)) is { } inner)
            {
                var outer = _service;
                _service = construction is IInvocationOperation { TargetMethod: { Name: "GetRequiredService", TypeArguments: [var service] } } ? service : outer;
                Follow(inner, row.IsInner ? _settings.Changes(construction, row).Over(changes) : changes);
                _service = outer;
            }
            else if (row.IsInner || TakesInner(construction, row))
            {
                IsComplete = false;
            }
            else
            {
                IsMadeHere |= _isBehind;
                if (!_isBehind)
                    Found.Add(changes.Apply(_settings.Read(construction, row)));
            }
        }

        /// <summary>A client that a library makes of another one, <c>agent.AsAgent()</c>: which settings it has then is not known, only where it was made.</summary>
        private bool IsMadeOfClient(IInvocationOperation invocation) =>
            invocation.TargetMethod is { IsExtensionMethod: true, ReturnType: var client } method
            && context.Catalog.IsReceiver(client)
            && invocation.ReceiverType() is { } receiver && context.Catalog.IsReceiver(receiver)
            && !IsFluent(invocation)
            && !context.Bodies.IsInSource(method);

        /// <summary>What a library's builder gives that is created here: <c>new MemoryBuilder().WithModel(config).Build()</c>.</summary>
        private static bool IsBuiltHere(IOperation value)
        {
            for (var step = 0; step < MaxChain; step++)
            {
                var builder = value switch
                {
                    IInvocationOperation built when Registrations.ServiceOf(built) is null => built.Receiver(),
                    IPropertyReferenceOperation { Property.DeclaringSyntaxReferences.IsEmpty: true } part => part.Instance,
                    ILocalReferenceOperation local when LocalValues.Of(local) is [var only] => only,
                    _ => null,
                };
                if (builder is null)
                    break;
                value = builder.WithoutConversions();
            }

            return value is IObjectCreationOperation;
        }

        private void FollowBehind(IOperation client)
        {
            IsComplete = false;
            var outer = _isBehind;
            _isBehind = true;
            Follow(client);
            _isBehind = outer;
        }

        /// <summary>What a factory or wrapper is called on, or is given.</summary>
        private static IOperation? InnerOf(IOperation construction) => construction switch
        {
            IInvocationOperation { TargetMethod.IsExtensionMethod: true, Arguments: [_, var given, ..] } registration when registration.TargetMethod.Name.StartsWith("Add", StringComparison.Ordinal) => given.Value,
            IInvocationOperation invocation => invocation.Receiver(),
            IObjectCreationOperation { Arguments: [var first, ..] } => first.Value,
            _ => null,
        };

        private IEnumerable<IOperation> Next(IOperation value) => value switch
        {
            IObjectCreationOperation { Type: { } type } wrapper when context.Catalog.IsMiddleware(type) && InnerOf(wrapper, context) is { } inner => [inner],
            IPropertyReferenceOperation { Instance: { } owner, Property: { IsIndexer: false, ContainingType.Name: not "Lazy" } property } when property.DeclaringSyntaxReferences.IsEmpty => [owner],
            IInvocationOperation invocation when IsFluent(invocation) => [invocation.Receiver()!],
            _ => _sources.Of(value),
        };

        /// <summary>The client that a wrapper is given.</summary>
        private static IOperation? InnerOf(IObjectCreationOperation wrapper, LlmContext context) => wrapper.Arguments
            .Select(argument => argument.Value.WithoutConversions())
            .FirstOrDefault(value => value.Type is { } type && (context.Catalog.IsReceiver(type) || context.Catalog.FindClient(type) is not null));

        /// <summary>A library's method that gives back what it is called on: <c>builder.UseLogging()</c>.</summary>
        private bool IsFluent(IInvocationOperation invocation) =>
            invocation.Receiver() is { Type: { } receiver }
            && SymbolEqualityComparer.Default.Equals(receiver, invocation.TargetMethod.ReturnType)
            && !context.Bodies.IsInSource(invocation.TargetMethod);

        /// <summary>The registrations made on a builder, in the chain that ends here and on the local that holds it: those of the service that is asked for, where one is.</summary>
        private List<IOperation> StepsOf(IInvocationOperation build)
        {
            var steps = RegistrationsOf(build).ToList();
            if (_service is null)
                return steps;

            // A kernel makes either kind of chat service of the other.
            var ofService = steps.FindAll(step => Registrations.Provides(RowOf(step, context)!, _service));
            var others = steps.FindAll(step => RowOf(step, context)!.HasTrait("provides") == (_service.Name is "IChatCompletionService" or "IChatClient"));
            return ofService.Count > 0 ? ofService : others.Count > 0 ? others : steps;
        }

        private IEnumerable<IOperation> RegistrationsOf(IInvocationOperation build)
        {
            var root = build.ChainRoot();
            var chain = root is ILocalReferenceOperation local
                ? build.Root().DescendantsAndSelf().OfType<IInvocationOperation>().Where(step => step.ChainRoot() is ILocalReferenceOperation other && SymbolEqualityComparer.Default.Equals(other.Local, local.Local))
                    .Concat(local.Initializer()?.DescendantsAndSelf().OfType<IInvocationOperation>() ?? [])
                : build.DescendantsAndSelf().OfType<IInvocationOperation>();
            return chain.Where(step => step != build && RowOf(step, context) is { IsInner: false } row && !row.HasTrait("builder"));
        }

        /// <summary>Code that cannot be seen, or is too much to look at, may put another client there.</summary>
        private static bool CanBeSetElsewhere(IOperation value) => value switch
        {
            IPropertyReferenceOperation { Property: { SetMethod: { IsInitOnly: false, DeclaredAccessibility: not Accessibility.Private } } property } => !property.DeclaringSyntaxReferences.IsEmpty,
            IFieldReferenceOperation { Field: { IsReadOnly: false, IsConst: false, DeclaredAccessibility: not Accessibility.Private } } => true,
            _ => false,
        };
    }
}

/// <summary>Settings that are changed on a client after it was constructed.</summary>
internal readonly record struct ClientChanges(TimeoutSetting Timeout, RetrySetting Retry)
{
    /// <summary>These, and where they say nothing the ones made later.</summary>
    public ClientChanges Over(ClientChanges later) => new(
        later.Timeout.Source != SettingSource.Unset ? later.Timeout : Timeout,
        later.Retry.Source != SettingSource.Unset ? later.Retry : Retry);

    public ClientConstruction Apply(ClientConstruction construction) => construction with
    {
        Timeout = Timeout.Source != SettingSource.Unset ? Timeout : construction.Timeout,
        Retry = Retry.Source != SettingSource.Unset ? Retry : construction.Retry,
    };
}
