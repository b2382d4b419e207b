using Microsoft.Extensions.AI;

namespace AsyncLlm;

internal static class Usage
{
    /// <summary>What an answer says it took; <see langword="null"/> when it says nothing.</summary>
    public static int? Tokens(UsageDetails? usage) =>
        (usage?.TotalTokenCount ?? usage?.InputTokenCount + (usage?.OutputTokenCount ?? 0)) is { } tokens ? (int)Math.Min(tokens, int.MaxValue) : null;

    /// <summary>A sequence every attempt can read.</summary>
    public static IReadOnlyCollection<T> Repeatable<T>(IEnumerable<T> values) => values as IReadOnlyCollection<T> ?? [.. values];
}
