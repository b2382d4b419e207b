using System.Reflection;

namespace Microsoft.CodeAnalysis.Testing;

public readonly record struct DiagnosticLocation(FileLinePositionSpan Span, DiagnosticLocationOptions Options)
{
    private bool IsPosition => Options.HasFlag(DiagnosticLocationOptions.IgnoreLength);

    public override string ToString() => $"{Span.Path}({Format(Span.StartLinePosition)}{(IsPosition ? "" : $",{Format(Span.EndLinePosition)}")})";

    internal bool Fits(FileLinePositionSpan found) =>
        Span.Path == found.Path && Span.StartLinePosition == found.StartLinePosition && (IsPosition || Span.EndLinePosition == found.EndLinePosition);

    private static string Format(LinePosition position) => $"{position.Line + 1},{position.Character + 1}";
}

/// <summary>An expected diagnostic. What is not given (message, arguments, suppression) is not compared; spans after the first are additional locations.</summary>
public readonly record struct DiagnosticResult(string Id, DiagnosticSeverity Severity)
{
    private static readonly PropertyInfo ArgumentsProperty = typeof(Diagnostic).GetProperty("Arguments", BindingFlags.Instance | BindingFlags.NonPublic)!;
    private readonly ImmutableArray<DiagnosticLocation> spans;

    public DiagnosticResult(DiagnosticDescriptor descriptor)
        : this(descriptor.Id, descriptor.DefaultSeverity) => (MessageFormat, MessageArguments) = (descriptor.MessageFormat, []);

    public ImmutableArray<DiagnosticLocation> Spans { get => spans.IsDefault ? [] : spans; private init => spans = value; }
    public DiagnosticOptions Options { get; private init; }
    public bool? IsSuppressed { get; private init; }
    public string? Message { get; private init; }
    public LocalizableString? MessageFormat { get; private init; }
    public object?[]? MessageArguments { get; private init; }
    public bool HasLocation => !Spans.IsEmpty;

    public static DiagnosticResult CompilerError(string identifier) => new(identifier, DiagnosticSeverity.Error);
    public static DiagnosticResult CompilerWarning(string identifier) => new(identifier, DiagnosticSeverity.Warning);

    public DiagnosticResult WithSeverity(DiagnosticSeverity severity) => this with { Severity = severity };
    public DiagnosticResult WithOptions(DiagnosticOptions options) => this with { Options = options };
    public DiagnosticResult WithIsSuppressed(bool? isSuppressed) => this with { IsSuppressed = isSuppressed };
    public DiagnosticResult WithArguments(params object[] arguments) => this with { MessageArguments = arguments };
    public DiagnosticResult WithMessage(string? message) => this with { Message = message, MessageFormat = null, MessageArguments = null };
    public DiagnosticResult WithNoLocation() => this with { Spans = [] };
    public DiagnosticResult WithLocation(int markupKey) => With("", new(0, markupKey), new(0, markupKey), DiagnosticLocationOptions.InterpretAsMarkupKey);
    public DiagnosticResult WithLocation(int line, int column) => WithLocation("", line, column);
    public DiagnosticResult WithLocation(string path, int line, int column) => WithLocation(path, new(line - 1, column - 1));
    public DiagnosticResult WithLocation(string path, LinePosition location) => With(path, location, location, DiagnosticLocationOptions.IgnoreLength);
    public DiagnosticResult WithSpan(int startLine, int startColumn, int endLine, int endColumn) => WithSpan("", startLine, startColumn, endLine, endColumn);
    public DiagnosticResult WithSpan(string path, int startLine, int startColumn, int endLine, int endColumn) =>
        WithSpan(new(path, new(startLine - 1, startColumn - 1), new(endLine - 1, endColumn - 1)));
    public DiagnosticResult WithSpan(FileLinePositionSpan span) => With(span.Path, span.StartLinePosition, span.EndLinePosition, DiagnosticLocationOptions.None);

    public override string ToString() =>
        $"{(HasLocation ? Spans[0] : "(no location)")}: {Severity.ToString().ToLowerInvariant()} {Id} {Message ?? MessageFormat?.ToString()}{(MessageArguments is [_, ..] ? $" ({Quote(MessageArguments)})" : "")}";

    internal static string Describe(Diagnostic found)
    {
        var result = new DiagnosticResult(found.Id, found.Severity).WithMessage(found.GetMessage()).WithArguments([.. ArgumentsOf(found)!]);
        if (found.Location.SourceTree?.GetText().Lines.GetLineFromPosition(found.Location.SourceSpan.Start) is not { } line)
            return found.Location == Location.None ? $"{result}\n{found.Descriptor.Description}" : $"{result.WithSpan(found.Location.GetLineSpan())}";

        var (start, end) = (found.Location.SourceSpan.Start, Math.Min(line.End, found.Location.SourceSpan.End));
        return $"{result.WithSpan(found.Location.GetLineSpan())}\n    {line}\n    {new string(' ', start - line.Start)}{new string('~', Math.Max(1, end - start))}";
    }

    internal bool Fits(Diagnostic found) =>
        Id == found.Id
        && (Options.HasFlag(DiagnosticOptions.IgnoreSeverity) || Severity == found.Severity)
        && (IsSuppressed is null || IsSuppressed == found.IsSuppressed)
        && (Message is null || Message == found.GetMessage())
        && (MessageFormat is null || MessageFormat.Equals(found.Descriptor.MessageFormat))
        && (MessageArguments is null || Quote(MessageArguments) == Quote(ArgumentsOf(found)))
        && (HasLocation ? Spans[0].Fits(found.Location.GetLineSpan()) : found.Location == Location.None)
        && (Options.HasFlag(DiagnosticOptions.IgnoreAdditionalLocations) || Math.Max(1, Spans.Length) == 1 + found.AdditionalLocations.Count)
        && Spans.Skip(1).Zip(found.AdditionalLocations).All(pair => pair.First.Fits(pair.Second.GetLineSpan()));

    internal DiagnosticResult Resolve(string defaultPath, IReadOnlyDictionary<string, FileLinePositionSpan> markup) => Map(at =>
        !at.Options.HasFlag(DiagnosticLocationOptions.InterpretAsMarkupKey) ? at with { Span = new(at.Span.Path is "" ? defaultPath : at.Span.Path, at.Span.Span) }
        : markup.TryGetValue($"#{at.Span.StartLinePosition.Character}", out var span) ? new(span, DiagnosticLocationOptions.None)
        : throw new InvalidOperationException($"No markup {{|#{at.Span.StartLinePosition.Character}:..|}} in the input"));

    internal DiagnosticResult OneLineDown() => Map(at => at with { Span = new(at.Span.Path, Down(at.Span.StartLinePosition), Down(at.Span.EndLinePosition)) });

    private DiagnosticResult With(string path, LinePosition start, LinePosition end, DiagnosticLocationOptions options) =>
        this with { Spans = Spans.Add(new(new(path, start, end), options)) };

    private DiagnosticResult Map(Func<DiagnosticLocation, DiagnosticLocation> change) => this with { Spans = [.. Spans.Select(change)] };

    private static IEnumerable<object?> ArgumentsOf(Diagnostic diagnostic) => (IEnumerable<object?>)ArgumentsProperty.GetValue(diagnostic)!;

    private static string Quote(IEnumerable<object?> arguments) => string.Join(", ", arguments.Select(argument => $"\"{argument}\""));

    private static LinePosition Down(LinePosition position) => new(position.Line + 1, position.Character);
}
