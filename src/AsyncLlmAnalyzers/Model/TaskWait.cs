using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>A place where the thread stops until tasks have completed.</summary>
/// <param name="Tasks">The tasks it waits for: one, or what is given to <c>Task.WaitAll</c>.</param>
/// <param name="WaitsForAll">It goes on only when all of them have completed: no time limit, and no <c>WaitAny</c>.</param>
internal readonly record struct TaskWait(ImmutableArray<IOperation> Tasks, bool WaitsForAll)
{
    public const string ResultName = "Result";

    public static readonly ImmutableHashSet<string> MethodNames = ["Wait", "GetResult", "WaitAll", "WaitAny"];

    public static TaskWait? From(IOperation? operation, KnownTypes types)
    {
        switch (operation)
        {
            case IPropertyReferenceOperation { Property: { Name: ResultName, ContainingType: var type }, Instance: { } task } when types.IsTaskLike(type):
                return new TaskWait([task], WaitsForAll: true);
            case IInvocationOperation { TargetMethod: { Name: "GetResult", Parameters.IsEmpty: true } method, Instance: { } awaiter } when IsAwaiter(method.ContainingType):
                return new TaskWait([awaiter], WaitsForAll: true);
            case IInvocationOperation { TargetMethod: { Name: "Wait" } method, Instance: { } task } when types.IsTask(method.ContainingType):
                return new TaskWait([task], WaitsForAll: method.ReturnsVoid);
            case IInvocationOperation { TargetMethod: { Name: "WaitAll" or "WaitAny" } method, Arguments: [var tasks, ..] } when types.IsTask(method.ContainingType):
                return new TaskWait([tasks.Value], WaitsForAll: method.ReturnsVoid);
            default:
                return null;
        }
    }

    private static bool IsAwaiter(INamedTypeSymbol type) =>
        type.Name.EndsWith("Awaiter", StringComparison.Ordinal)
        && type.ContainingNamespace is { Name: "CompilerServices", ContainingNamespace: { Name: "Runtime", ContainingNamespace: { Name: "System", ContainingNamespace.IsGlobalNamespace: true } } };
}
