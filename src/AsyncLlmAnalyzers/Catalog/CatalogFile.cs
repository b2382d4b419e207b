using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>Something in a catalog file that cannot be read, and what to write instead.</summary>
internal readonly record struct CatalogError(string Path, TextSpan Span, LinePositionSpan LineSpan, string Message)
{
    public Location Location => Location.Create(Path, Span, LineSpan);
}

internal sealed record CatalogFileResult(ImmutableArray<CatalogEntry> Entries, ImmutableArray<CatalogError> Errors);

/// <summary>Reads <c>type | member | kind | shape | traits | timeout | retry | rate-limit exception</c>, one row a line.</summary>
internal static class CatalogFile
{
    private const int MaximumErrors = 100;
    private const int MaximumQuote = 60;
    private const int MaximumOptionalParts = 4;

    private static readonly string[] Fields = ["type", "member", "kind", "shape", "traits", "timeout", "retry", "rate-limit exception"];

    private static readonly Dictionary<string, CatalogKind> Kinds = new()
    {
        ["chat"] = CatalogKind.Chat,
        ["embedding"] = CatalogKind.Embedding,
        ["image"] = CatalogKind.Image,
        ["audio"] = CatalogKind.Audio,
        ["moderation"] = CatalogKind.Moderation,
        ["agent"] = CatalogKind.Agent,
        ["batch"] = CatalogKind.Batch,
        ["local"] = CatalogKind.Local,
        ["raw"] = CatalogKind.Raw,
        ["client"] = CatalogKind.Client,
        ["http"] = CatalogKind.Http,
        ["middleware"] = CatalogKind.Middleware,
    };

    private static readonly Dictionary<string, ExecutorRole> Roles = new()
    {
        ["bounds"] = ExecutorRole.Bounds,
        ["retries"] = ExecutorRole.Retries,
        ["deadline"] = ExecutorRole.Deadline,
    };

    private static readonly Dictionary<string, CallShape> CallShapes = new()
    {
        ["by-return"] = CallShape.ByReturn,
        ["task"] = CallShape.Task,
        ["stream-lazy"] = CallShape.StreamLazy,
        ["stream-task"] = CallShape.StreamTask,
        ["response-stream"] = CallShape.ResponseStream,
        ["sync"] = CallShape.Sync,
        ["sync-stream"] = CallShape.SyncStream,
        ["cpu"] = CallShape.Cpu,
        ["blocks"] = CallShape.Blocks,
    };

    private static readonly Dictionary<string, ExecutorShape> ExecutorShapes = new()
    {
        ["run"] = ExecutorShape.Run,
        ["acquire"] = ExecutorShape.Acquire,
        ["release"] = ExecutorShape.Release,
        ["create"] = ExecutorShape.Create,
    };

    private static readonly string[] Flags =
        ["batchable", "builder", "dispose", "http-alone", "http-timeout", "maybe", "no-token-fix", "nothrow", "obsolete", "properties-on-client", "self-hosted", "settings", CatalogEntry.StallIgnoresToken, "stateful", "twin"];

    private static readonly string[] Keys =
        ["batch", "conf", "count", "host", "inner", "optType", "options", "provides", "retryProperty", "stall", "timeoutProperty", "transport", "twin", "versions"];

    /// <summary>Traits that say something in one way only.</summary>
    private static readonly Dictionary<string, string> OnlyValues = new() { ["conf"] = "low", ["stall"] = "never" };

    private static readonly char[] Separators = [' ', '\t', ','];

    public static CatalogFileResult Parse(string path, SourceText text)
    {
        var reader = new Reader(path);
        foreach (var line in text.Lines)
            reader.Read(line);
        return new(reader.Entries.ToImmutable(), reader.Errors.ToImmutable());
    }

    /// <param name="Text">Empty for '-'; what stands above for '='.</param>
    /// <param name="Start">Column.</param>
    /// <param name="Length">Of what stands in the line.</param>
    private readonly record struct Field(string Text, int Start, int Length)
    {
        public bool IsEmpty => Text.Length == 0;
    }

    private sealed class Reader(string path)
    {
        private readonly Dictionary<(string Type, string Member), int> _lines = [];
        private List<Field>? _above;
        private string? _package;
        private string? _versions;
        private ImmutableArray<string> _neverThrown = [];
        private TextLine _line;
        private bool _isRowBad;

        public ImmutableArray<CatalogEntry>.Builder Entries { get; } = ImmutableArray.CreateBuilder<CatalogEntry>();

        public ImmutableArray<CatalogError>.Builder Errors { get; } = ImmutableArray.CreateBuilder<CatalogError>();

        public void Read(TextLine line)
        {
            _line = line;
            var content = Trim(line.ToString(), 0, line.Span.Length).Text;
            if (content.StartsWith("#", StringComparison.Ordinal))
                ReadHeader(content.Substring(1).TrimStart());
            else if (content.Length > 0)
                ReadRow(line.ToString());
        }

        private void ReadHeader(string comment)
        {
            const string package = "package:", versions = "versions:", neverThrown = "never-thrown:";
            if (comment.StartsWith(package, StringComparison.Ordinal))
                (_package, _versions, _neverThrown) = (comment.Substring(package.Length).Trim(), null, []);
            else if (comment.StartsWith(versions, StringComparison.Ordinal))
                _versions = comment.Substring(versions.Length).Trim();
            else if (comment.StartsWith(neverThrown, StringComparison.Ordinal))
                _neverThrown = [.. comment.Substring(neverThrown.Length).Split([' '], StringSplitOptions.RemoveEmptyEntries)];
        }

        private void ReadRow(string text)
        {
            _isRowBad = false;
            var fields = Split(text);
            RepeatAbove(fields);
            _above = fields;
            if (fields.Count > Fields.Length)
                Report(fields[Fields.Length], $"A row has at most {Fields.Length} fields: {string.Join(" | ", Fields)}.");
            else if (fields.Count < 3)
                Report(fields[fields.Count - 1], $"The {Fields[fields.Count]} is missing: a row is at least 'type | member | kind'.");
            if (_isRowBad)
                return;

            Field At(int index) => index < fields.Count ? fields[index] : new("", 0, 0);
            CheckType(fields[0]);
            var (kind, roles) = ReadKind(fields[2]);
            var members = ReadMembers(fields[0].Text, fields[1], kind);
            var traits = ReadTraits(At(4));
            var shape = kind <= CatalogKind.Raw ? ReadName(At(3), CallShapes, "shape") : default;
            var executorShape = kind == CatalogKind.Executor ? ReadName(At(3), ExecutorShapes, "executor shape") : default;
            if (kind > CatalogKind.Raw && kind != CatalogKind.Executor && !At(3).IsEmpty)
                Report(At(3), $"A row of kind '{fields[2].Text}' has no shape: write '-'.");
            if (!CatalogTimeout.TryParse(At(5).Text, out _))
                Report(At(5), $"'{Quote(At(5).Text)}' is no timeout: write '100s/try', '100s/read', '100s/headers', '10min/total', a range such as '30s..10min/try', 'none', 'inner', 'unknown' or '-'.");
            if (!CatalogRetry.TryParse(At(6).Text, out _))
                Report(At(6), $"'{Quote(At(6).Text)}' is no retry: write '3x0.8s' (three retries, the first after 0.8 s), '2x0.5s+jitter', 'none', 'inner', 'unknown' or '-'.");
            CheckRateLimit(At(7));
            if (_isRowBad)
                return;

            Entries.Add(new()
            {
                Type = fields[0].Text,
                Members = members,
                Kind = kind,
                Shape = shape,
                Traits = traits,
                Timeout = At(5).Text,
                Retry = At(6).Text,
                RateLimit = At(7).Text,
                Roles = roles,
                ExecutorShape = executorShape,
                Package = _package,
                Versions = traits.FirstOrDefault(trait => trait.StartsWith("versions=", StringComparison.Ordinal))?.Substring("versions=".Length) ?? _versions,
                NeverThrown = _neverThrown,
                Path = path,
                Line = _line.LineNumber,
            });
        }

        private static List<Field> Split(string text)
        {
            var fields = new List<Field>(Fields.Length);
            for (var start = 0; start <= text.Length && fields.Count <= Fields.Length;)
            {
                var end = text.IndexOf('|', start);
                if (end < 0)
                    end = text.Length;
                var field = Trim(text, start, end);
                fields.Add(field.Text == "-" ? field with { Text = "" } : field);
                start = end + 1;
            }

            return fields;
        }

        private static Field Trim(string text, int start, int end)
        {
            static bool IsBlank(char c) => char.IsWhiteSpace(c) || c == '\uFEFF';
            var (first, last) = (start, end);
            while (first < last && IsBlank(text[first]))
                first++;
            while (last > first && IsBlank(text[last - 1]))
                last--;
            return first == last ? new("", start, 0) : new(text.Substring(first, last - first), first, last - first);
        }

        private void RepeatAbove(List<Field> fields)
        {
            for (var i = 0; i < fields.Count; i++)
            {
                if (fields[i].Text != "=")
                    continue;
                if (_above is null)
                    Report(fields[i], "'=' repeats the field of the row above, and there is no row above: write the value.");
                else
                    fields[i] = fields[i] with { Text = i < _above.Count ? _above[i].Text : "" };
            }
        }

        private void CheckType(Field type)
        {
            if (type.IsEmpty)
                Report(type, "The type is missing: write its metadata name, such as 'Contoso.Ai.IAnswerer' or 'Contoso.Ai.Client`1'.");
            else if (!type.Text.Split('.', '+').All(IsMetadataName))
                Report(type, $"'{Quote(type.Text)}' is no metadata name: write namespace, type and, for a generic type, '`' and the number of its parameters, such as 'Contoso.Ai.Client`1'.");
        }

        private void CheckRateLimit(Field field)
        {
            if (field.IsEmpty)
                return;

            var colon = field.Text.IndexOf(':');
            var type = colon < 0 ? field.Text : field.Text.Substring(0, colon);
            if (!type.Split('.', '+').All(IsMetadataName) || (colon >= 0 && !SyntaxFacts.IsValidIdentifier(field.Text.Substring(colon + 1))))
                Report(field, $"'{Quote(field.Text)}' names no exception: write its metadata name and the member that holds the status, such as 'Contoso.Ai.TooManyRequestsException:StatusCode', 'inner' or '-'.");
        }

        private static bool IsMetadataName(string name)
        {
            var tick = name.IndexOf('`');
            return tick < 0
                ? SyntaxFacts.IsValidIdentifier(name)
                : SyntaxFacts.IsValidIdentifier(name.Substring(0, tick)) && int.TryParse(name.Substring(tick + 1), out var arity) && arity > 0;
        }

        private (CatalogKind Kind, ExecutorRole Roles) ReadKind(Field field)
        {
            if (Kinds.TryGetValue(field.Text, out var kind))
                return (kind, ExecutorRole.None);

            var roles = ExecutorRole.None;
            foreach (var part in field.Text.Split('+'))
            {
                if (!Roles.TryGetValue(part, out var role))
                {
                    ReportUnknown(field, field.Text, "kind", [.. Kinds.Keys, .. Roles.Keys], "; executors may combine theirs: 'bounds+retries'");
                    return (CatalogKind.Raw, ExecutorRole.None);
                }

                roles |= role;
            }

            return (CatalogKind.Executor, roles);
        }

        private T ReadName<T>(Field field, Dictionary<string, T> names, string what)
            where T : struct
        {
            var value = default(T);
            if (!field.IsEmpty && !names.TryGetValue(field.Text, out value))
                ReportUnknown(field, field.Text, what, names.Keys);
            return value;
        }

        private ImmutableArray<string> ReadMembers(string type, Field field, CatalogKind kind)
        {
            if (field.IsEmpty)
                Report(field, "The member is missing: write one or more names, such as 'AskAsync Stream*'.");

            var members = ImmutableArray.CreateBuilder<string>();
            foreach (var word in Words(field))
            {
                var expanded = kind == CatalogKind.Http ? [word.Text] : Expand(word.Text);
                if (expanded is null || !expanded.All(member => IsMember(member, kind)))
                {
                    Report(word, kind == CatalogKind.Http
                        ? $"'{Quote(word.Text)}' is no URL fragment: write a part of the path with its '/' or ':', such as '/v1/chat/completions'."
                        : $"'{Quote(word.Text)}' is no member name: write a name, a name with '*' in it such as 'Ask*', a name with an optional part such as 'Ask[Async]', or '.ctor'.");
                    continue;
                }

                foreach (var member in expanded)
                {
                    if (_lines.TryGetValue((type, member), out var line))
                        Report(word, $"'{Quote(type)}.{Quote(member)}' is on line {line + 1} already: keep one of the two.");
                    else
                        _lines.Add((type, member), _line.LineNumber);
                    members.Add(member);
                }
            }

            return members.ToImmutable();
        }

        /// <summary>"Get[Streaming]Response[Async]" stands for four names.</summary>
        private static List<string>? Expand(string member)
        {
            var names = new List<string> { "" };
            for (var start = 0; start < member.Length;)
            {
                var open = member.IndexOf('[', start);
                var literal = member.Substring(start, (open < 0 ? member.Length : open) - start);
                for (var i = 0; i < names.Count; i++)
                    names[i] += literal;
                if (open < 0)
                    break;

                var close = member.IndexOf(']', open);
                if (close < 0 || names.Count >= 1 << MaximumOptionalParts)
                    return null;
                var optional = member.Substring(open + 1, close - open - 1);
                names.AddRange([.. names.Select(name => name + optional)]);
                start = close + 1;
            }

            return names;
        }

        private static bool IsMember(string member, CatalogKind kind) => kind switch
        {
            CatalogKind.Http => member.Length > 3 && member.IndexOfAny(['/', ':']) >= 0,
            CatalogKind.Middleware when member == "*" => true,
            _ when member == ".ctor" => kind is CatalogKind.Client or CatalogKind.Executor,
            _ => SyntaxFacts.IsValidIdentifier(member.Replace("*", "")) && member.IndexOf("**", StringComparison.Ordinal) < 0,
        };

        private ImmutableArray<string> ReadTraits(Field field)
        {
            var traits = ImmutableArray.CreateBuilder<string>();
            foreach (var word in Words(field).TakeWhile(_ => Errors.Count < MaximumErrors))
            {
                var equals = word.Text.IndexOf('=');
                var key = equals < 0 ? word.Text : word.Text.Substring(0, equals);
                var value = equals < 0 ? "" : word.Text.Substring(equals + 1);
                if (value.Length > 0 && OnlyValues.TryGetValue(key, out var only) && value != only)
                    Report(word, $"The trait '{key}' has one value: write '{key}={only}'.");
                else if (equals < 0 ? Flags.Contains(key) : Keys.Contains(key) && value.Length > 0)
                    traits.Add(word.Text);
                else if (Keys.Contains(key))
                    Report(word, $"The trait '{key}' needs a value: write '{key}={(OnlyValues.TryGetValue(key, out only) ? only : "...")}'.");
                else if (Flags.Contains(key))
                    Report(word, $"The trait '{key}' takes no value: write '{key}'.");
                else
                    ReportUnknown(word, key, "trait", [.. Flags, .. Keys.Except(Flags).Select(name => name + "=")]);
            }

            return traits.ToImmutable();
        }

        private static IEnumerable<Field> Words(Field field)
        {
            if (field.IsEmpty)
                yield break;

            var text = field.Text;
            for (var start = 0; start < text.Length;)
            {
                var end = text.IndexOfAny(Separators, start);
                if (end < 0)
                    end = text.Length;
                if (end > start)
                    yield return new(text.Substring(start, end - start), field.Start + start, end - start);
                start = end + 1;
            }
        }

        private void ReportUnknown(Field field, string word, string what, IReadOnlyCollection<string> known, string hint = "")
        {
            var nearest = Spelling.Nearest(word, known);
            var suggestion = nearest is null ? ":" : $"; did you mean '{nearest}'? Otherwise";
            Report(field, $"Unknown {what} '{Quote(word)}'{suggestion} write one of {string.Join(", ", known)}{hint}.");
        }

        private void Report(Field field, string message)
        {
            _isRowBad = true;
            if (Errors.Count == MaximumErrors)
                return;

            // A word of a field repeated with '=' does not stand on this line.
            var start = Math.Min(field.Start, _line.Span.Length);
            var end = Math.Min(start + field.Length, _line.Span.Length);
            var span = TextSpan.FromBounds(_line.Start + start, _line.Start + end);
            Errors.Add(new(path, span, new(new(_line.LineNumber, start), new(_line.LineNumber, end)), message));
        }

        private static string Quote(string text) => text.Length <= MaximumQuote ? text : text.Substring(0, MaximumQuote) + "...";
    }
}
