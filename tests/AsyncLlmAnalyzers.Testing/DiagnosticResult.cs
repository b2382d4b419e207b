using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis.Text;

namespace Microsoft.CodeAnalysis.Testing;

public readonly record struct DiagnosticLocation(FileLinePositionSpan Span, DiagnosticLocationOptions Options)
{
    public override string ToString() => Format(Span, Options);

    internal static string Format(FileLinePositionSpan span, DiagnosticLocationOptions options = default)
    {
        var end = options.HasFlag(DiagnosticLocationOptions.IgnoreLength) ? "" : $",{span.EndLinePosition.Line + 1},{span.EndLinePosition.Character + 1}";
        return $"{span.Path}({span.StartLinePosition.Line + 1},{span.StartLinePosition.Character + 1}{end})";
    }
}

/// <summary>An expected diagnostic. What is not given (message, arguments, suppression) is not compared; the first span is the location, the rest are additional ones.</summary>
public readonly record struct DiagnosticResult(string Id, DiagnosticSeverity Severity)
{
    private readonly ImmutableArray<DiagnosticLocation> spans;

    public DiagnosticResult(DiagnosticDescriptor descriptor)
        : this(descriptor.Id, descriptor.DefaultSeverity) => MessageFormat = descriptor.MessageFormat;

    public ImmutableArray<DiagnosticLocation> Spans { get => spans.IsDefault ? [] : spans; private init => spans = value; }

    public DiagnosticOptions Options { get; private init; }

    public LocalizableString? MessageFormat { get; private init; }

    public object?[]? MessageArguments { get; private init; }

    public bool? IsSuppressed { get; private init; }

    public bool HasLocation => !Spans.IsEmpty;

    public string? Message => Text is null && !IgnoresMessage && MessageFormat?.ToString(CultureInfo.InvariantCulture) is { } format ? Format(format) : Text;

    private string? Text { get; init; }

    private bool IgnoresMessage { get; init; }

    public static DiagnosticResult CompilerError(string identifier) => new(identifier, DiagnosticSeverity.Error);

    public static DiagnosticResult CompilerWarning(string identifier) => new(identifier, DiagnosticSeverity.Warning);

    public DiagnosticResult WithSeverity(DiagnosticSeverity severity) => this with { Severity = severity };

    public DiagnosticResult WithOptions(DiagnosticOptions options) => this with { Options = options };

    public DiagnosticResult WithArguments(params object[] arguments) => this with { MessageArguments = arguments };

    public DiagnosticResult WithMessage(string? message) => this with { Text = message, IgnoresMessage = message is null };

    public DiagnosticResult WithMessageFormat(LocalizableString messageFormat) => this with { MessageFormat = messageFormat };

    public DiagnosticResult WithIsSuppressed(bool? isSuppressed) => this with { IsSuppressed = isSuppressed };

    public DiagnosticResult WithNoLocation() => this with { Spans = [] };

    public DiagnosticResult WithLocation(int markupKey) =>
        With(new(Position("", new(0, markupKey)), DiagnosticLocationOptions.InterpretAsMarkupKey));

    public DiagnosticResult WithLocation(int line, int column) => WithLocation("", line, column);

    public DiagnosticResult WithLocation(string path, int line, int column) => WithLocation(path, new(line - 1, column - 1));

    public DiagnosticResult WithLocation(string path, LinePosition location) =>
        With(new(Position(path, location), DiagnosticLocationOptions.IgnoreLength));

    public DiagnosticResult WithSpan(int startLine, int startColumn, int endLine, int endColumn) =>
        WithSpan("", startLine, startColumn, endLine, endColumn);

    public DiagnosticResult WithSpan(string path, int startLine, int startColumn, int endLine, int endColumn) =>
        WithSpan(new(path, new(startLine - 1, startColumn - 1), new(endLine - 1, endColumn - 1)));

    public DiagnosticResult WithSpan(FileLinePositionSpan span) => With(new(span, DiagnosticLocationOptions.None));

    public DiagnosticResult WithDefaultPath(string path) => Map(location =>
        location.Span.Path != "" || location.Options.HasFlag(DiagnosticLocationOptions.InterpretAsMarkupKey)
            ? location
            : location with { Span = new(path, location.Span.Span) });

    public DiagnosticResult WithLineOffset(int offset) => Map(location => location with
    {
        Span = new(location.Span.Path, Down(location.Span.StartLinePosition, offset), Down(location.Span.EndLinePosition, offset)),
    });

    internal DiagnosticResult WithMarkupLocations(IReadOnlyDictionary<string, FileLinePositionSpan> marked) => Map(location =>
        !location.Options.HasFlag(DiagnosticLocationOptions.InterpretAsMarkupKey) ? location
        : marked.TryGetValue($"#{location.Span.StartLinePosition.Character}", out var span) ? new(span, DiagnosticLocationOptions.None)
        : throw new InvalidOperationException($"No markup {{|#{location.Span.StartLinePosition.Character}:..|}} in the input"));

    public override string ToString()
    {
        var text = Message ?? string.Join(", ", MessageArguments ?? []);
        return $"{(HasLocation ? Spans[0] : "(no location)")}: {Severity.ToString().ToLowerInvariant()} {Id}{(text == "" ? "" : $": {text}")}";
    }

    private DiagnosticResult With(DiagnosticLocation location) => this with { Spans = Spans.Add(location) };

    private DiagnosticResult Map(Func<DiagnosticLocation, DiagnosticLocation> change) => this with { Spans = [.. Spans.Select(change)] };

    private string Format(string format)
    {
        try
        {
            return string.Format(CultureInfo.InvariantCulture, format, MessageArguments ?? []);
        }
        catch (FormatException)
        {
            return format;
        }
    }

    private static FileLinePositionSpan Position(string path, LinePosition at) => new(path, at, at);

    private static LinePosition Down(LinePosition position, int lines) => new(position.Line + lines, position.Character);
}
