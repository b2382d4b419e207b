using System.Text.Json;

namespace AsyncLlm.IntegrationTests;

/// <summary>An exception and what is inside it, as the names of their types.</summary>
internal static class ExceptionText
{
    public static string Of(Exception exception) => exception is AggregateException aggregate
        ? $"AggregateException({aggregate.InnerExceptions.Count} x {string.Join(", ", aggregate.InnerExceptions.Select(Of).Distinct())})"
        : string.Join(" <- ", Chain(exception).Select(found => found.GetType().Name));

    /// <summary>Up to what is told from: below that stands what a socket says, which differs from one attempt to the next.</summary>
    private static IEnumerable<Exception> Chain(Exception exception)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            yield return current;
            if (current is HttpRequestException or TimeoutException or IOException or JsonException or OperationCanceledException { InnerException: not TimeoutException })
                yield break;
        }
    }
}
