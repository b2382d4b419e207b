using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Hosting;

/// <summary>The syntax that makes the dispatcher look at a node at all, before anything is bound.</summary>
internal enum TriggerKind
{
    /// <summary>An invocation, by the name it invokes: <c>x.Name(..)</c>, <c>Name(..)</c>, <c>x?.Name(..)</c>.</summary>
    Invocation,

    /// <summary>A member access that is no invocation, by its name: <c>x.Name</c>, <c>x?.Name</c>.</summary>
    MemberAccess,

    /// <summary>An <c>await foreach</c> statement.</summary>
    AwaitForEach,

    /// <summary>A <c>return</c> of a value out of a <c>using</c>, in a function that is not async.</summary>
    ReturnFromUsing,

    /// <summary>
    /// An object creation, by the name of its type: <c>new Name(..)</c>, and <c>new(..)</c> where the declaration beside it names the type.
    /// Empty where it does not, as in <c>client = new(..)</c>: then only binding tells.
    /// </summary>
    Creation,

    /// <summary>A <c>catch</c> clause, by the name of its exception type; empty for a bare <c>catch</c>.</summary>
    Catch,
}

/// <summary>
/// One rule: what it reports and how it decides. The dispatcher finds rules by reflection, filters nodes by
/// <see cref="Accepts"/> and asks <see cref="Inspect"/> only about the candidates.
/// </summary>
internal abstract class LlmRule
{
    public abstract DiagnosticDescriptor Descriptor { get; }

    /// <summary>
    /// Of two findings of one severity at one place, the one with the higher rank is reported (rules.md, "One diagnostic per place").
    /// </summary>
    public abstract int Rank { get; }

    /// <summary>A cheap test by name, before binding. <paramref name="name"/> is empty for kinds that have none.</summary>
    public abstract bool Accepts(TriggerKind kind, string name, LlmContext context);

    public abstract Finding? Inspect(Site site);

    /// <summary>Findings of the two rules at one place say different things, and both are reported.</summary>
    public virtual bool MayStandBeside(LlmRule other) => false;
}

/// <summary>What a rule found: where, with which message arguments, and what its fix needs to know.</summary>
internal sealed class Finding(
    DiagnosticDescriptor descriptor,
    Location location,
    ImmutableDictionary<string, string?> properties,
    params object[] arguments)
{
    public Finding(DiagnosticDescriptor descriptor, Location location, params object[] arguments)
        : this(descriptor, location, ImmutableDictionary<string, string?>.Empty, arguments)
    {
    }

    public DiagnosticDescriptor Descriptor { get; } = descriptor;

    public Location Location { get; } = location;

    /// <summary>It is likely and not proven, so it is an information whatever the rule's own severity.</summary>
    public bool IsSoft { get; private init; }

    /// <summary>
    /// The finding, whose message quotes what was measured of a library: an information that says so where the library is referenced in another version.
    /// </summary>
    /// <param name="row">The row it quotes; null when it quotes none.</param>
    /// <param name="compilation">Whose references count.</param>
    public Finding Quoting(CatalogEntry? row, Compilation compilation) => row is null || MeasuredVersions.Cover(row.Versions, compilation)
        ? this
        : new(Descriptor, Location, properties, [.. arguments.Take(arguments.Length - 1), $"{arguments[arguments.Length - 1]} (measured on {row.Versions})"]) { IsSoft = true };

    public Diagnostic ToDiagnostic() => IsSoft
        ? Diagnostic.Create(Descriptor, Location, DiagnosticSeverity.Info, additionalLocations: null, properties, arguments)
        : Diagnostic.Create(Descriptor, Location, properties, arguments);
}
