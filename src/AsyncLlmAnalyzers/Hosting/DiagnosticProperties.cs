using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Hosting;

/// <summary>What crosses from a rule to its fix: a typed key, so that nothing is derived twice.</summary>
internal sealed class DiagnosticProperty<T>(string key, Func<T, string> write, Func<string, T> read)
{
    public ImmutableDictionary<string, string?> AddTo(ImmutableDictionary<string, string?> properties, T value) =>
        properties.Add(key, write(value));

    public bool TryRead(Diagnostic diagnostic, out T value)
    {
        if (diagnostic.Properties.TryGetValue(key, out var text) && text is not null)
        {
            value = read(text);
            return true;
        }

        value = default!;
        return false;
    }
}

internal static class DiagnosticProperties
{
    public static readonly DiagnosticProperty<int> MaxConcurrency = Int(nameof(MaxConcurrency));

    public static readonly DiagnosticProperty<int> TimeoutSeconds = Int(nameof(TimeoutSeconds));

    public static readonly DiagnosticProperty<int> AttemptTimeoutSeconds = Int(nameof(AttemptTimeoutSeconds));

    /// <summary>The expression of the token in scope, as it is to be written: <c>cancellationToken</c>.</summary>
    public static readonly DiagnosticProperty<string> Token = Text(nameof(Token));

    /// <summary>The exception a library throws for an error status and the member that holds it, as the catalog writes them: <c>Type:Member</c>.</summary>
    public static readonly DiagnosticProperty<string> ErrorType = Text(nameof(ErrorType));

    private static DiagnosticProperty<int> Int(string key) =>
        new(key, value => value.ToString(CultureInfo.InvariantCulture), text => int.Parse(text, CultureInfo.InvariantCulture));

    private static DiagnosticProperty<string> Text(string key) => new(key, value => value, text => text);
}
