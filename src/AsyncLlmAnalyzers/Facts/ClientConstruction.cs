using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>What the code says about one setting of a client.</summary>
internal enum SettingSource
{
    /// <summary>Nothing: the SDK's default holds.</summary>
    Unset,

    /// <summary>A value of its own; the value is known where it is a constant.</summary>
    Set,

    /// <summary>Switched off: no retries, no timeout.</summary>
    Off,

    /// <summary>It comes from where it cannot be seen.</summary>
    Unknown,
}

/// <param name="Source">Whether the code sets it.</param>
/// <param name="Value">Of one attempt; null where it is not constant.</param>
/// <param name="Proof">The value that is set.</param>
internal readonly record struct TimeoutSetting(SettingSource Source, TimeSpan? Value = null, Location? Proof = null);

/// <param name="Source">Whether the code sets it.</param>
/// <param name="Count">Retries after the first attempt; null where it is not constant.</param>
/// <param name="Proof">The value that is set.</param>
internal readonly record struct RetrySetting(SettingSource Source, int? Count = null, Location? Proof = null);

/// <summary>How one client is constructed: at a constructor, a factory or a registration, with which timeout and retries.</summary>
/// <param name="Entry">The catalog's row, which holds the defaults.</param>
/// <param name="Name">The constructed type or the registration method.</param>
/// <param name="Location">The token that names it.</param>
/// <param name="Timeout">Of one attempt.</param>
/// <param name="Retry">Of the SDK itself.</param>
/// <param name="IsLocal">It talks to a server on this machine, which limits no rates.</param>
internal sealed record ClientConstruction(CatalogEntry Entry, string Name, Location Location, TimeoutSetting Timeout, RetrySetting Retry, bool IsLocal)
{
    /// <summary>How long an attempt may take; null where it is not known; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> where nothing ends it.</summary>
    public TimeSpan? AttemptTimeout => Timeout.Source switch
    {
        SettingSource.Unset when Entry.TimeoutLimit is { Source: CatalogSource.Known } limit => limit.Shortest,
        SettingSource.Unset when Entry.TimeoutLimit.Source == CatalogSource.None => System.Threading.Timeout.InfiniteTimeSpan,
        SettingSource.Set => Timeout.Value,
        SettingSource.Off => System.Threading.Timeout.InfiniteTimeSpan,
        _ => null,
    };

    /// <summary>How many requests a failing call sends; null where it is not known.</summary>
    public int? Attempts => Retry.Source switch
    {
        SettingSource.Unset when Entry.RetryPolicy is { Source: CatalogSource.Known } policy => policy.Count + 1,
        SettingSource.Unset when Entry.RetryPolicy.Source == CatalogSource.None => 1,
        SettingSource.Set when Retry.Count is { } count => count + 1,
        SettingSource.Off => 1,
        _ => null,
    };

    /// <summary>After which time a call that nobody answers has failed for good; null where it is not known, or nothing ends it.</summary>
    public TimeSpan? WorstCase =>
        AttemptTimeout is not { } timeout || timeout == System.Threading.Timeout.InfiniteTimeSpan ? null
        : Entry.TimeoutLimit.Scope == TimeoutScope.Total ? timeout
        : Attempts is { } attempts ? TimeSpan.FromTicks(timeout.Ticks * attempts)
        : null;

    /// <summary>The default retries of this SDK follow each other at once, and the code leaves them so.</summary>
    public bool RetriesWithoutDelay => Retry.Source == SettingSource.Unset && Entry.RetryPolicy.HasNoDelay;

    /// <summary>The row, where the number of its attempts is the SDK's default.</summary>
    public CatalogEntry? RetryDefault => Retry.Source == SettingSource.Unset ? Entry : null;

    /// <summary>The code switches the retries off, or the SDK has none.</summary>
    public bool HasNoRetries => Attempts == 1;

    /// <summary>Equal in all that matters for a call, wherever they stand.</summary>
    public bool Agrees(ClientConstruction other) =>
        Entry.Timeout == other.Entry.Timeout
        && Entry.Retry == other.Entry.Retry
        && (Timeout.Source, Timeout.Value) == (other.Timeout.Source, other.Timeout.Value)
        && (Retry.Source, Retry.Count) == (other.Retry.Source, other.Retry.Count);
}

/// <summary>Where the client of a call comes from.</summary>
/// <param name="All">Every construction found.</param>
/// <param name="IsComplete">No way to it ends outside of what can be seen.</param>
/// <param name="IsOwn">A way to it ends in a class that answers by itself: it runs its model in the process, or is of this compilation, where its requests, if any, are calls of their own.</param>
/// <param name="IsMadeHere">A way to it ends in the creation of an object of which the catalog knows nothing, or of a client that a library makes another one of.</param>
internal readonly record struct ClientOrigin(ImmutableArray<ClientConstruction> All, bool IsComplete, bool IsOwn = false, bool IsMadeHere = false)
{
    /// <summary>Why nothing can be said of the client, where nothing can.</summary>
    public string Whence =>
        IsMadeHere ? "nothing is known of its client"
        : IsComplete && !All.IsEmpty ? "its client is one of several"
        : "its client comes from elsewhere";

    /// <summary>The construction, where it is certain; of several that agree the first; null for unknown.</summary>
    public ClientConstruction? Only => IsComplete && All is [var first, ..] && All.All(first.Agrees) ? first : null;
}
