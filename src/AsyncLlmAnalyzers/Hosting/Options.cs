using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncLlmAnalyzers.Hosting;

/// <summary>One <c>.editorconfig</c> key the analyzers read, with the value that stands when the key is absent or unreadable.</summary>
internal abstract class Option(string key, string defaultText, string meaning)
{
    public string Key { get; } = key;

    public string DefaultText { get; } = defaultText;

    public string Meaning { get; } = meaning;
}

internal sealed class IntOption(string key, int defaultValue, int minimum, string meaning)
    : Option(key, defaultValue.ToString(CultureInfo.InvariantCulture), meaning)
{
    public int Default => defaultValue;

    public int Read(AnalyzerConfigOptions options) =>
        options.TryGetValue(Key, out var text)
        && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value)
        && value >= minimum
            ? value
            : defaultValue;
}

internal sealed class BoolOption(string key, string meaning) : Option(key, "false", meaning)
{
    public bool Read(AnalyzerConfigOptions options) => options.TryGetValue(Key, out var text) && bool.TryParse(text, out var value) && value;
}

/// <summary>A comma- or semicolon-separated list; a comma inside brackets belongs to its item, as in <c>M:Type.Member(A,B)</c>.</summary>
internal sealed class ListOption(string key, string meaning) : Option(key, "", meaning)
{
    private static readonly Regex Items = new(@"(?:[^,;({]|\([^)]*\)|\{[^}]*\})+");

    public ImmutableArray<string> Read(AnalyzerConfigOptions options) =>
        options.TryGetValue(Key, out var text)
            ? [.. Items.Matches(text).Cast<Match>().Select(match => match.Value.Trim()).Where(item => item.Length > 0)]
            : [];
}

/// <summary>Every option, in one place; the documentation test reflects over the fields.</summary>
internal static class Options
{
    public static readonly IntOption MaxConcurrency = new(
        "async_llm.max_concurrency", 10, 1, "How many calls at once the fixes write.");

    public static readonly IntOption SmallFanOut = new(
        "async_llm.small_fan_out", 64, 0, "A constant number of calls up to this is the author's choice and not reported.");

    public static readonly IntOption TimeoutSeconds = new(
        "async_llm.timeout_seconds", 300, 1, "How long a call with its retries, or a group of calls, may take; the deadline the fixes write.");

    public static readonly IntOption AttemptTimeoutSeconds = new(
        "async_llm.attempt_timeout_seconds", 120, 1, "The timeout of one attempt that the fixes write.");

    public static readonly ListOption ExcludedSymbols = new(
        "async_llm.excluded_symbols", "Documentation ids (M:.., T:.., N:..) inside which nothing is reported.");

    public static readonly ListOption CallMethods = new(
        "async_llm.call_methods", "Documentation ids (M:..) of methods that send a request to a model, beside the catalog.");

    public static readonly ListOption BoundedMethods = new(
        "async_llm.bounded_methods", "Documentation ids (M:..) of methods that limit how many of their calls run at once.");

    public static readonly BoolOption RawHttp = new(
        "async_llm.raw_http", "Analyzes a project that references no library of a model as well: its requests are sent by hand, through HttpClient.");
}
