using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>What a member's body does with each of its locals: many questions ask that, so it is read once, and forgotten with the body.</summary>
internal sealed class LocalUses
{
    private static readonly ConditionalWeakTable<IOperation, LocalUses> ByBody = new();

    private readonly ILookup<ISymbol, ILocalReferenceOperation> _references;
    private readonly ILookup<ISymbol, IOperation> _values;
    private readonly ILookup<ISymbol, IInvocationOperation> _invocations;

    private LocalUses(IOperation body)
    {
        var references = new List<ILocalReferenceOperation>();
        var values = new List<(ILocalSymbol Local, IOperation Value)>();
        var invocations = new List<(ILocalSymbol Local, IInvocationOperation Invocation)>();
        var deconstructions = ImmutableArray.CreateBuilder<IDeconstructionAssignmentOperation>();
        foreach (var operation in body.DescendantsAndSelf())
        {
            switch (operation)
            {
                case ILocalReferenceOperation reference:
                    references.Add(reference);
                    break;
                case IVariableDeclaratorOperation declarator when declarator.GetVariableInitializer() is { } initializer:
                    values.Add((declarator.Symbol, initializer.Value));
                    break;
                case ISimpleAssignmentOperation { Target: ILocalReferenceOperation { Local: var local } } assignment:
                    values.Add((local, assignment.Value));
                    break;
                case ICoalesceAssignmentOperation { Target: ILocalReferenceOperation { Local: var local } } assignment:
                    values.Add((local, assignment.Value));
                    break;
                case ICompoundAssignmentOperation { Target: ILocalReferenceOperation { Local: var local } } assignment:
                    values.Add((local, assignment));
                    break;
                case IInvocationOperation invocation when invocation.Receiver() is ILocalReferenceOperation { Local: var local }:
                    invocations.Add((local, invocation));
                    break;
                case IDeconstructionAssignmentOperation deconstruction:
                    deconstructions.Add(deconstruction);
                    values.AddRange(ValuesOf(deconstruction));
                    break;
                case IIsPatternOperation { Pattern: IDeclarationPatternOperation { DeclaredSymbol: ILocalSymbol local } } isPattern:
                    values.Add((local, isPattern.Value));
                    break;
                case IIsPatternOperation { Pattern: IRecursivePatternOperation { DeclaredSymbol: ILocalSymbol local } } isPattern:
                    values.Add((local, isPattern.Value));
                    break;
            }
        }

        Deconstructions = deconstructions.ToImmutable();
        _references = references.ToLookup(reference => (ISymbol)reference.Local, SymbolEqualityComparer.Default);
        _values = values.ToLookup(value => (ISymbol)value.Local, value => value.Value, SymbolEqualityComparer.Default);
        _invocations = invocations.ToLookup(invocation => (ISymbol)invocation.Local, invocation => invocation.Invocation, SymbolEqualityComparer.Default);
    }

    /// <summary><c>var (a, b) = ..</c>, whatever its locals are.</summary>
    public ImmutableArray<IDeconstructionAssignmentOperation> Deconstructions { get; }

    /// <summary><c>var (a, b) = (one, other)</c>: each has its own value.</summary>
    private static IEnumerable<(ILocalSymbol Local, IOperation Value)> ValuesOf(IDeconstructionAssignmentOperation deconstruction) =>
        TargetsOf(deconstruction).Zip((deconstruction.Value.WithoutConversions() as ITupleOperation)?.Elements ?? [], (target, value) => (Target: target as ILocalReferenceOperation, Value: value))
            .Where(pair => pair.Target is not null)
            .Select(pair => (pair.Target!.Local, pair.Value));

    /// <summary>What is assigned, in the order of the tuple.</summary>
    public static IEnumerable<IOperation> TargetsOf(IDeconstructionAssignmentOperation deconstruction) =>
        (Declared(deconstruction.Target) as ITupleOperation)?.Elements.Select(Declared) ?? [];

    /// <summary>The variable, where it is declared in its place: <c>var (a, b)</c>, <c>out var a</c>.</summary>
    public static IOperation Declared(IOperation target) => target is IDeclarationExpressionOperation declaration ? declaration.Expression : target;

    /// <param name="inside">Any operation of the body.</param>
    public static LocalUses Around(IOperation inside) => ByBody.GetValue(inside.Root(), static body => new LocalUses(body));

    public IEnumerable<ILocalReferenceOperation> ReferencesTo(ILocalSymbol local) => _references[local];

    /// <summary>Every value the local is given.</summary>
    public ImmutableArray<IOperation> ValuesOf(ILocalSymbol local) => [.. _values[local]];

    /// <summary>The invocations of members on what the local holds, extension methods among them.</summary>
    public IEnumerable<IInvocationOperation> InvocationsOn(ILocalSymbol local) => _invocations[local];
}
