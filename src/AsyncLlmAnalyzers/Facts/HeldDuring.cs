using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>What disposing of a resource does to a call that still needs it.</summary>
internal enum DisposalEffect
{
    /// <summary>A token source that fires no more.</summary>
    TokenDies,

    /// <summary>A client whose requests are cut off.</summary>
    ClientCloses,

    /// <summary>Input that cannot be read to its end.</summary>
    StreamCloses,

    /// <summary>A limiter that counts one call too few.</summary>
    PermitReturns,
}

/// <summary>Which resources in a <c>using</c> around does running code need until it has completed?</summary>
internal static class HeldDuring
{
    /// <summary>The resources of the same function that the task needs, nearest first; what was read from one before does not count.</summary>
    public static IEnumerable<(ILocalSymbol Resource, DisposalEffect Effect)> Of(IOperation task, LlmContext context, CancellationToken cancellationToken)
    {
        var needed = default(HashSet<ILocalSymbol>);
        foreach (var (resource, value) in ResourcesAround(task))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (EffectOf(resource, value, context) is not { } effect)
                continue;
            if (effect == DisposalEffect.PermitReturns || (needed ??= Needed(task, context)).Contains(resource))
                yield return (resource, effect);
        }
    }

    private static IEnumerable<(ILocalSymbol Resource, IOperation? Value)> ResourcesAround(IOperation site)
    {
        for (var (child, parent) = (site, site.Parent); parent is not null && !parent.IsFunction(); (child, parent) = (parent, parent.Parent))
        {
            var groups = parent switch
            {
                IBlockOperation block => block.Operations.TakeWhile(operation => operation != child).OfType<IUsingDeclarationOperation>().Select(declaration => (IOperation)declaration.DeclarationGroup).Reverse(),
                IUsingOperation statement when statement.Body == child => [statement.Resources],
                _ => [],
            };
            foreach (var resource in groups.SelectMany(ResourcesOf))
                yield return resource;
        }
    }

    private static IEnumerable<(ILocalSymbol Resource, IOperation? Value)> ResourcesOf(IOperation resources) => resources switch
    {
        IVariableDeclarationGroupOperation group => group.Declarations.SelectMany(declaration => declaration.Declarators).Select(declarator => (declarator.Symbol, declarator.GetVariableInitializer()?.Value)),
        _ when resources.WithoutConversions() is ILocalReferenceOperation local => [(local.Local, local.Initializer())],
        _ => [],
    };

    private static DisposalEffect? EffectOf(ILocalSymbol resource, IOperation? value, LlmContext context)
    {
        if (KnownTypes.Is(resource.Type, context.Types.CancellationTokenSource))
            return DisposalEffect.TokenDies;
        if (value?.WithoutConversions() is IInvocationOperation acquire && context.FindExecutor(acquire.TargetMethod, acquire.ReceiverType()) is { ExecutorShape: ExecutorShape.Acquire })
            return DisposalEffect.PermitReturns;
        if (IsStream(resource.Type))
            return DisposalEffect.StreamCloses;
        return IsClient(resource.Type, context) ? DisposalEffect.ClientCloses : null;
    }

    private static bool IsStream(ITypeSymbol type) => type.BaseTypesAndSelf().Any(current => current is { Name: nameof(Stream) } && current.IsInNamespace("System.IO"));

    private static bool IsClient(ITypeSymbol type, LlmContext context) =>
        context.Catalog.IsReceiver(type) || context.Catalog.FindClient(type) is not null || type is { Name: "HttpClient", ContainingNamespace.Name: "Http" };

    /// <summary>The locals that are handed to what runs on, directly, by their token, or inside a task or client made of them before.</summary>
    private static HashSet<ILocalSymbol> Needed(IOperation task, LlmContext context)
    {
        var sources = new TaskSources(context.Types);
        var needed = new HashSet<ILocalSymbol>(SymbolEqualityComparer.Default);
        var open = new Queue<IOperation>([task]);
        while (open.Count > 0)
        {
            var operation = open.Dequeue();
            foreach (var local in operation.DescendantsAndSelf().OfType<ILocalReferenceOperation>())
            {
                if (RunsOn(local, operation, context) && needed.Add(local.Local) && IsFollowed(local.Type, context))
                {
                    foreach (var value in sources.Of(local))
                        open.Enqueue(value);
                }
            }
        }

        return needed;
    }

    private static bool IsFollowed(ITypeSymbol? type, LlmContext context) =>
        type is not null
        && (ReturnTypes.IsAsynchronous(type)
            || ReturnTypes.IsCancellationToken(type)
            || IsClient(type, context)
            || type is IArrayTypeSymbol { ElementType: var element } && ReturnTypes.IsAsynchronous(element)
            || type is INamedTypeSymbol { TypeArguments: [var item] } && ReturnTypes.IsAsynchronous(item));

    /// <summary>The reference, or what is made of it on the way up, goes into something that is still running: into a task, or a client.</summary>
    private static bool RunsOn(IOperation reference, IOperation end, LlmContext context)
    {
        for (var value = reference; ; value = value.Parent!)
        {
            if (value == end)
                return true;

            switch (value.Parent)
            {
                case IInvocationOperation invocation when !ReturnTypes.IsAsynchronous(invocation.Type!) && !IsClient(invocation.Type!, context):
                case IPropertyReferenceOperation { Property: { IsIndexer: false, Type: var type } } when type.SpecialType != SpecialType.None:
                case null:
                    return false;
                case IInvocationOperation invocation when ReturnTypes.IsAsynchronous(invocation.Type!):
                    return true;
            }
        }
    }
}
