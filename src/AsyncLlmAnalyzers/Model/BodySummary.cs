using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Model;

/// <summary>
/// What one body does with model calls, as a pure function of its text: which functions it calls, through which lambdas,
/// holding which limiters. It keeps symbols and locations only; an operation or a model would keep a whole tree alive.
/// </summary>
internal sealed class BodySummary(ImmutableArray<CallEdge> calls, ImmutableArray<DelegateUse> delegates, bool holdsLimiterOnReturn)
{
    public static readonly BodySummary Empty = new([], [], false);

    public ImmutableArray<CallEdge> Calls { get; } = calls;

    /// <summary>Where the body invokes or passes on a delegate it was given.</summary>
    public ImmutableArray<DelegateUse> Delegates { get; } = delegates;

    /// <summary>The body acquires a limiter and leaves the release to its caller.</summary>
    public bool HoldsLimiterOnReturn { get; } = holdsLimiterOnReturn;
}

/// <summary>One call out of a body.</summary>
internal sealed class CallEdge(
    IMethodSymbol target, bool isModelCall, Location location, ImmutableArray<Gate> gates, ImmutableArray<Carrier> carriers, ImmutableArray<GateArgument> gateArguments)
{
    public IMethodSymbol Target { get; } = target;

    /// <summary>The catalog knows the target; otherwise it is a function of this compilation.</summary>
    public bool IsModelCall { get; } = isModelCall;

    public Location Location { get; } = location;

    /// <summary>The limiters held here.</summary>
    public ImmutableArray<Gate> Gates { get; } = gates;

    /// <summary>The lambdas around the call, outermost first: who was given each.</summary>
    public ImmutableArray<Carrier> Carriers { get; } = carriers;

    /// <summary>The limiters passed to the target.</summary>
    public ImmutableArray<GateArgument> GateArguments { get; } = gateArguments;
}

/// <summary>A limiter in force. Without a symbol it is one that outlives the body for certain (a shared queue, a pool's gate).</summary>
internal readonly record struct Gate(ISymbol? Symbol);

internal readonly record struct GateArgument(int Ordinal, Gate Gate);

internal enum CarrierKind
{
    /// <summary>Runs the delegate where it stands: <c>Task.Run</c>, LINQ, a retry helper.</summary>
    Inline,

    /// <summary>Runs it under a limit: Polly, <c>LlmThrottle.ExecuteAsync</c>.</summary>
    Bounded,

    /// <summary>A method of this compilation: its own body tells.</summary>
    Method,

    /// <summary>Nobody can tell.</summary>
    Unknown,
}

/// <summary>The function a delegate is handed to.</summary>
internal readonly record struct Carrier(CarrierKind Kind, IMethodSymbol? Method = null, int Ordinal = 0);

/// <summary>A delegate parameter used in a body: invoked there, or handed on (the last carrier).</summary>
internal sealed class DelegateUse(int ordinal, ImmutableArray<Gate> gates, ImmutableArray<Carrier> carriers)
{
    public int Ordinal { get; } = ordinal;

    public ImmutableArray<Gate> Gates { get; } = gates;

    public ImmutableArray<Carrier> Carriers { get; } = carriers;
}
