using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis.Text;

namespace Microsoft.CodeAnalysis.Testing;

public readonly record struct DiagnosticLocation(FileLinePositionSpan Span, DiagnosticLocationOptions Options)
{
    internal bool IsLengthIgnored => Options.HasFlag(DiagnosticLocationOptions.IgnoreLength);

    public override string ToString() => $"{Span.Path}({Position(Span.StartLinePosition)}{(IsLengthIgnored ? "" : $",{Position(Span.EndLinePosition)}")})";

    internal bool Is(Location found) =>
        found.GetLineSpan() is var span && Span.Path == span.Path && Span.StartLinePosition == span.StartLinePosition && (IsLengthIgnored || Span.EndLinePosition == span.EndLinePosition);

    private static string Position(LinePosition position) => $"{position.Line + 1},{position.Character + 1}";
}

/// <summary>An expected diagnostic. What is not given (message, arguments, suppression) is not compared; spans after the first are additional locations.</summary>
public readonly record struct DiagnosticResult(string Id, DiagnosticSeverity Severity)
{
    private static readonly PropertyInfo ArgumentsProperty = typeof(Diagnostic).GetProperty("Arguments", BindingFlags.Instance | BindingFlags.NonPublic)!;
    private readonly ImmutableArray<DiagnosticLocation> spans;

    public DiagnosticResult(DiagnosticDescriptor descriptor)
        : this(descriptor.Id, descriptor.DefaultSeverity) => (MessageFormat, MessageArguments) = (descriptor.MessageFormat, []);

    public ImmutableArray<DiagnosticLocation> Spans { get => spans.IsDefault ? [] : spans; private init => spans = value; }

    public bool HasLocation => !Spans.IsEmpty;

    public DiagnosticOptions Options { get; private init; }

    public bool? IsSuppressed { get; private init; }

    public string? Message { get; private init; }

    public LocalizableString? MessageFormat { get; private init; }

    public object?[]? MessageArguments { get; private init; }

    public static DiagnosticResult CompilerError(string identifier) => new(identifier, DiagnosticSeverity.Error);

    public static DiagnosticResult CompilerWarning(string identifier) => new(identifier, DiagnosticSeverity.Warning);

    public DiagnosticResult WithSeverity(DiagnosticSeverity severity) => this with { Severity = severity };

    public DiagnosticResult WithOptions(DiagnosticOptions options) => this with { Options = options };

    public DiagnosticResult WithIsSuppressed(bool? isSuppressed) => this with { IsSuppressed = isSuppressed };

    public DiagnosticResult WithArguments(params object[] arguments) => this with { MessageArguments = arguments };

    public DiagnosticResult WithMessage(string? message) => this with { Message = message, MessageFormat = null, MessageArguments = null };

    public DiagnosticResult WithNoLocation() => this with { Spans = [] };

    public DiagnosticResult WithLocation(int markupKey) => With(At("", new(0, markupKey)), DiagnosticLocationOptions.InterpretAsMarkupKey);

    public DiagnosticResult WithLocation(int line, int column) => WithLocation("", line, column);

    public DiagnosticResult WithLocation(string path, int line, int column) => WithLocation(path, new(line - 1, column - 1));

    public DiagnosticResult WithLocation(string path, LinePosition location) => With(At(path, location), DiagnosticLocationOptions.IgnoreLength);

    public DiagnosticResult WithSpan(int startLine, int startColumn, int endLine, int endColumn) => WithSpan("", startLine, startColumn, endLine, endColumn);

    public DiagnosticResult WithSpan(string path, int startLine, int startColumn, int endLine, int endColumn) =>
        WithSpan(new(path, new(startLine - 1, startColumn - 1), new(endLine - 1, endColumn - 1)));

    public DiagnosticResult WithSpan(FileLinePositionSpan span) => With(span, DiagnosticLocationOptions.None);

    public DiagnosticResult WithLineOffset(int offset) => this with
    {
        Spans = [.. Spans.Select(at => at with { Span = new(at.Span.Path, Down(at.Span.StartLinePosition, offset), Down(at.Span.EndLinePosition, offset)) })],
    };

    public override string ToString()
    {
        var text = Message ?? $"{MessageFormat}{(MessageArguments is [_, ..] ? $" (arguments: {Quote(MessageArguments)})" : "")}".TrimStart();
        return $"{(HasLocation ? Spans[0] : "(no location)")}: {Severity.ToString().ToLowerInvariant()} {Id}{(text == "" ? "" : $": {text}")}";
    }

    internal static string Describe(Diagnostic found)
    {
        var result = new DiagnosticResult(found.Id, found.Severity) { Message = $"{found.GetMessage()} (arguments: {Quote(ArgumentsOf(found))})" };
        var text = (found.Location == Location.None ? result : result.WithSpan(found.Location.GetLineSpan())).ToString();
        if (found.Id == "AD0001")
            text += $"\n{found.Descriptor.Description}";
        if (found.Location.SourceTree?.GetText().Lines.GetLineFromPosition(found.Location.SourceSpan.Start) is { } line && found.Location.SourceSpan is var span)
            text += $"\n    {line}\n    {new string(' ', span.Start - line.Start)}{new string('~', Math.Max(1, Math.Min(line.End, span.End) - span.Start))}";
        return text;
    }

    internal bool Fits(Diagnostic found) =>
        Id == found.Id
        && (Options.HasFlag(DiagnosticOptions.IgnoreSeverity) || Severity == found.Severity)
        && (IsSuppressed is null || IsSuppressed == found.IsSuppressed)
        && (Message is null || Message == found.GetMessage())
        && (MessageFormat is null || MessageFormat.Equals(found.Descriptor.MessageFormat))
        && (MessageArguments is null || Quote(MessageArguments) == Quote(ArgumentsOf(found)))
        && (HasLocation ? Spans[0].Is(found.Location) : found.Location == Location.None)
        && (Options.HasFlag(DiagnosticOptions.IgnoreAdditionalLocations)
            || (Math.Max(1, Spans.Length) == found.AdditionalLocations.Count + 1 && Spans.Skip(1).Zip(found.AdditionalLocations).All(pair => pair.First.Is(pair.Second))));

    internal DiagnosticResult Resolve(string defaultPath, IReadOnlyDictionary<string, FileLinePositionSpan> markup) => this with
    {
        Spans =
        [
            .. Spans.Select(at =>
                !at.Options.HasFlag(DiagnosticLocationOptions.InterpretAsMarkupKey) ? at with { Span = new(at.Span.Path is "" ? defaultPath : at.Span.Path, at.Span.Span) }
                : markup.TryGetValue($"#{at.Span.StartLinePosition.Character}", out var span) ? new(span, DiagnosticLocationOptions.None)
                : throw new InvalidOperationException($"No markup {{|#{at.Span.StartLinePosition.Character}:..|}} in the input")),
        ],
    };

    private DiagnosticResult With(FileLinePositionSpan span, DiagnosticLocationOptions options) => this with { Spans = Spans.Add(new(span, options)) };

    private static IEnumerable<object?> ArgumentsOf(Diagnostic diagnostic) => (IEnumerable<object?>)ArgumentsProperty.GetValue(diagnostic)!;

    private static string Quote(IEnumerable<object?> arguments) => string.Join(", ", arguments.Select(argument => $"\"{argument}\""));

    private static FileLinePositionSpan At(string path, LinePosition position) => new(path, position, position);

    private static LinePosition Down(LinePosition position, int lines) => new(position.Line + lines, position.Character);
}
