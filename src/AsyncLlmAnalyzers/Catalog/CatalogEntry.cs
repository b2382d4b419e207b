using System.Collections.Immutable;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>What a catalogued member or type is.</summary>
internal enum CatalogKind
{
    Chat,
    Embedding,
    Image,
    Audio,
    Moderation,
    Agent,
    Batch,
    Local,

    /// <summary>A request or blocking member that is not inference (management, token counting): rules ignore it unless they ask for it.</summary>
    Raw,

    /// <summary>How a client is constructed, and what its defaults are.</summary>
    Client,
    Executor,

    /// <summary>A fragment of a URL that raw HTTP requests to a model contain.</summary>
    Http,

    /// <summary>A base type whose derived types forward calls: what they call is not a call site.</summary>
    Middleware,
}

/// <summary>How the result of a call arrives.</summary>
internal enum CallShape
{
    ByReturn,
    Task,

    /// <summary>An async stream that sends its request when enumerated.</summary>
    StreamLazy,

    /// <summary>A task of an async stream: the request is sent when the task completes.</summary>
    StreamTask,

    /// <summary>A task of a response object that hands out its streams by methods.</summary>
    ResponseStream,
    Sync,
    SyncStream,

    /// <summary>Computes on the caller's thread.</summary>
    Cpu,

    /// <summary>Blocks the caller's thread on something else than a model.</summary>
    Blocks,
}

[Flags]
internal enum ExecutorRole
{
    None = 0,
    Bounds = 1,
    Retries = 2,
    Deadline = 4,
}

internal enum ExecutorShape
{
    /// <summary>The delegates it is given run under it.</summary>
    Run,

    /// <summary>What follows, once it has returned or was awaited, holds a permit.</summary>
    Acquire,
    Release,

    /// <summary>Makes the limiter.</summary>
    Create,
}

/// <summary>One row of the catalog: strings only, so that it may outlive every compilation.</summary>
internal sealed class CatalogEntry
{
    /// <summary>The trait of a stream whose token ends nothing while the stream stalls: only a wait from outside does.</summary>
    public const string StallIgnoresToken = "stall-ignores-token";

    public required string Type { get; init; }

    /// <summary>Exact names, names with '*', and '.ctor'; URL fragments for <see cref="CatalogKind.Http"/>.</summary>
    public required ImmutableArray<string> Members { get; init; }

    public required CatalogKind Kind { get; init; }

    public CallShape Shape { get; init; }

    /// <summary>Flags (<c>stateful</c>) and values (<c>twin=CompleteChatAsync</c>).</summary>
    public ImmutableArray<string> Traits { get; init; } = [];

    public string Timeout { get; init; } = "";

    public string Retry { get; init; } = "";

    /// <summary>Where a rate limit shows: exception (or, for <c>nothrow</c>, result) type, ':' and the member that holds the status.</summary>
    public string RateLimit { get; init; } = "";

    public ExecutorRole Roles { get; init; }

    public ExecutorShape ExecutorShape { get; init; }

    /// <summary>Name and version in the nearest <c># package:</c> header above the row.</summary>
    public string? Package { get; init; }

    /// <summary>The assembly versions the row's facts were measured on.</summary>
    public string? Versions { get; init; }

    /// <summary>Exception types that no member of the package throws although one would think so: it wraps them in its own.</summary>
    public ImmutableArray<string> NeverThrown { get; init; } = [];

    public string Path { get; init; } = "";

    /// <summary>Zero-based line in <see cref="Path"/>.</summary>
    public int Line { get; init; }

    /// <summary>Whether the member makes a model work. A resolved row of this kind is what switches the analyzers on.</summary>
    public bool IsCall => Kind <= CatalogKind.Local;

    public bool IsLowConfidence => HasTrait("conf=low");

    /// <summary><see cref="Timeout"/> read.</summary>
    public CatalogTimeout TimeoutLimit => CatalogTimeout.TryParse(Timeout, out var timeout) ? timeout : new(CatalogSource.Unknown);

    /// <summary><see cref="Retry"/> read.</summary>
    public CatalogRetry RetryPolicy => CatalogRetry.TryParse(Retry, out var retry) ? retry : new(CatalogSource.Unknown);

    public bool HasTrait(string name)
    {
        foreach (var trait in Traits)
        {
            if (trait == name || (trait.Length > name.Length && trait[name.Length] == '=' && trait.StartsWith(name, StringComparison.Ordinal)))
                return true;
        }

        return false;
    }

    /// <summary>The text after <c>name=</c>; null when the trait is absent or has no value.</summary>
    public string? TraitValue(string name)
    {
        foreach (var trait in Traits)
        {
            if (trait.Length > name.Length && trait[name.Length] == '=' && trait.StartsWith(name, StringComparison.Ordinal))
                return trait.Substring(name.Length + 1);
        }

        return null;
    }

    /// <summary>All the values of a trait that may stand more than once.</summary>
    public IEnumerable<string> TraitValues(string name) => Traits
        .Where(trait => trait.Length > name.Length && trait[name.Length] == '=' && trait.StartsWith(name, StringComparison.Ordinal))
        .Select(trait => trait.Substring(name.Length + 1));

    /// <summary>A factory, wrapper or registration: timeout and retries are those of the client it is made from.</summary>
    public bool IsInner => Kind == CatalogKind.Client && TimeoutLimit.Source == CatalogSource.Inner;

    public bool Matches(string memberName)
    {
        foreach (var pattern in Members)
        {
            if (CatalogPattern.IsMatch(pattern, memberName))
                return true;
        }

        return false;
    }

    public CatalogEntry WithMembers(ImmutableArray<string> members) => new()
    {
        Type = Type,
        Members = members,
        Kind = Kind,
        Shape = Shape,
        Traits = Traits,
        Timeout = Timeout,
        Retry = Retry,
        RateLimit = RateLimit,
        Roles = Roles,
        ExecutorShape = ExecutorShape,
        Package = Package,
        Versions = Versions,
        NeverThrown = NeverThrown,
        Path = Path,
        Line = Line,
    };

    public override string ToString() => $"{Type} | {string.Join(" ", Members)}";
}
