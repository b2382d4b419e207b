using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>The framework types the model speaks about, resolved once per compilation; null where the framework lacks one.</summary>
internal sealed class KnownTypes(Compilation compilation)
{
    public INamedTypeSymbol? Task { get; } = Find(compilation, "System.Threading.Tasks.Task");

    public INamedTypeSymbol? TaskOfT { get; } = Find(compilation, "System.Threading.Tasks.Task`1");

    public INamedTypeSymbol? ValueTask { get; } = Find(compilation, "System.Threading.Tasks.ValueTask");

    public INamedTypeSymbol? ValueTaskOfT { get; } = Find(compilation, "System.Threading.Tasks.ValueTask`1");

    public INamedTypeSymbol? TaskFactory { get; } = Find(compilation, "System.Threading.Tasks.TaskFactory");

    public INamedTypeSymbol? TaskFactoryOfT { get; } = Find(compilation, "System.Threading.Tasks.TaskFactory`1");

    public INamedTypeSymbol? Parallel { get; } = Find(compilation, "System.Threading.Tasks.Parallel");

    public INamedTypeSymbol? ParallelOptions { get; } = Find(compilation, "System.Threading.Tasks.ParallelOptions");

    public INamedTypeSymbol? AsyncEnumerableOfT { get; } = Find(compilation, "System.Collections.Generic.IAsyncEnumerable`1");

    public INamedTypeSymbol? EnumerableOfT { get; } = Find(compilation, "System.Collections.Generic.IEnumerable`1");

    public INamedTypeSymbol? Enumerable { get; } = Find(compilation, "System.Linq.Enumerable");

    public INamedTypeSymbol? ParallelEnumerable { get; } = Find(compilation, "System.Linq.ParallelEnumerable");

    public INamedTypeSymbol? Math { get; } = Find(compilation, "System.Math");

    public INamedTypeSymbol? CancellationToken { get; } = Find(compilation, "System.Threading.CancellationToken");

    public INamedTypeSymbol? CancellationTokenSource { get; } = Find(compilation, "System.Threading.CancellationTokenSource");

    public bool IsTask(ITypeSymbol? type) => Is(type, Task) || Is(type, TaskOfT);

    public bool IsTaskLike(ITypeSymbol? type) => IsTask(type) || Is(type, ValueTask) || Is(type, ValueTaskOfT);

    /// <summary>The static member of <c>Task</c> of this name, invoked: <c>Task.WhenAll(..)</c>.</summary>
    public bool IsCombinator(IOperation operation, string name) =>
        operation.WithoutConversions() is IInvocationOperation { TargetMethod: { IsStatic: true } method } && method.Name == name && IsTask(method.ContainingType);

    public bool IsAsyncEnumerable(ITypeSymbol? type) =>
        type is not null && (Is(type, AsyncEnumerableOfT) || type.AllInterfaces.Any(i => Is(i, AsyncEnumerableOfT)));

    public static bool Is(ITypeSymbol? type, INamedTypeSymbol? known) =>
        known is not null && SymbolEqualityComparer.Default.Equals(type?.OriginalDefinition, known);

    private static INamedTypeSymbol? Find(Compilation compilation, string metadataName) =>
        compilation.GetTypesByMetadataName(metadataName)
            .FirstOrDefault(type => type.DeclaredAccessibility == Accessibility.Public);
}
