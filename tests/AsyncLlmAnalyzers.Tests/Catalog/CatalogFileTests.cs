using System.Text;
using AsyncLlmAnalyzers.Catalog;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Tests.Catalog;

public class CatalogFileTests
{
    private const string Kinds = "chat, embedding, image, audio, moderation, agent, batch, local, raw, client, http, middleware, bounds, retries, deadline; executors may combine theirs: 'bounds+retries'";
    private const string Shapes = "by-return, task, stream-lazy, stream-task, response-stream, sync, sync-stream, cpu, blocks";
    private const string MemberForms = "is no member name: write a name, a name with '*' in it such as 'Ask*', a name with an optional part such as 'Ask[Async]', or '.ctor'.";

    [Fact]
    public void A_row_has_eight_fields()
    {
        var entry = Single("Contoso.Ai.IAnswerer | AskAsync | chat | task | stateful, optType=AskOptions | 30s/try | 2x0.5s+jitter | Contoso.Ai.BusyException:Code");

        Assert.Equal("Contoso.Ai.IAnswerer", entry.Type);
        Assert.Equal("AskAsync", Assert.Single(entry.Members));
        Assert.Equal(CatalogKind.Chat, entry.Kind);
        Assert.True(entry.IsCall);
        Assert.Equal(CallShape.Task, entry.Shape);
        Assert.True(entry.HasTrait("stateful"));
        Assert.False(entry.HasTrait("state"));
        Assert.Equal("AskOptions", entry.TraitValue("optType"));
        Assert.Null(entry.TraitValue("stateful"));
        Assert.Equal(("30s/try", "2x0.5s+jitter", "Contoso.Ai.BusyException:Code"), (entry.Timeout, entry.Retry, entry.RateLimit));
        Assert.Equal(("my.txt", 0), (entry.Path, entry.Line));
    }

    [Fact]
    public void Everything_after_the_kind_may_be_left_out()
    {
        var entry = Single("Contoso.Ai.IAnswerer | AskAsync | chat");

        Assert.Equal(CallShape.ByReturn, entry.Shape);
        Assert.Empty(entry.Traits);
        Assert.Equal(CatalogSource.Unsaid, entry.TimeoutLimit.Source);
        Assert.Equal(CatalogSource.Unsaid, entry.RetryPolicy.Source);
    }

    [Fact]
    public void Equals_sign_repeats_the_field_above()
    {
        var result = Parse("""
            A.B | AskAsync    | chat | task | stateful | 30s/try | none | A.BusyException
            =   | StreamAsync | =    | stream-lazy | = | =       | =    | =
            C.D | =           | =    | -    | -        | -       | none | -
            """);

        Assert.Empty(result.Errors);
        Assert.Equal(("A.B", "StreamAsync", CatalogKind.Chat, CallShape.StreamLazy), (result.Entries[1].Type, result.Entries[1].Members[0], result.Entries[1].Kind, result.Entries[1].Shape));
        Assert.Equal(("30s/try", "none", "A.BusyException"), (result.Entries[1].Timeout, result.Entries[1].Retry, result.Entries[1].RateLimit));
        Assert.True(result.Entries[1].HasTrait("stateful"));
        Assert.Equal(("C.D", "StreamAsync", CallShape.ByReturn, "", "none"), (result.Entries[2].Type, result.Entries[2].Members[0], result.Entries[2].Shape, result.Entries[2].Timeout, result.Entries[2].Retry));
    }

    [Fact]
    public void Equals_sign_under_a_field_that_was_left_out_is_empty() =>
        Assert.Equal("", Parse("A.B | AskAsync | chat\n= | TellAsync | = | = | = | = | =").Entries[1].Retry);

    [Fact]
    public void A_row_with_an_error_can_still_be_repeated()
    {
        var result = Parse("A.B | AskAsync | chatt | task | - | 30s/try\n= | TellAsync | chat | = | = | =");

        Assert.Single(result.Errors);
        Assert.Equal(("A.B", "30s/try"), (Assert.Single(result.Entries).Type, result.Entries[0].Timeout));
    }

    [Theory]
    [InlineData("Ask", "Ask")]
    [InlineData("Ask[Async]", "Ask AskAsync")]
    [InlineData("Ask[s][Async]", "Ask Asks AskAsync AsksAsync")]
    [InlineData("Get[Streaming]Answer", "GetAnswer GetStreamingAnswer")]
    [InlineData("Ask, Tell\tSing*", "Ask Tell Sing*")]
    [InlineData("*AnswerAsync", "*AnswerAsync")]
    public void Members_are_listed_and_expanded(string members, string expected) =>
        Assert.Equal(expected.Split(' '), Single($"A.B | {members} | chat").Members);

    [Theory]
    [InlineData("Ask", "Ask", true)]
    [InlineData("Ask", "AskAsync", false)]
    [InlineData("Ask*", "Ask", true)]
    [InlineData("Ask*", "AskAsync", true)]
    [InlineData("Ask*Async", "AskAsync", true)]
    [InlineData("Ask*Async", "AskManyAsync", true)]
    [InlineData("Ask*Async", "AskAsyncMany", false)]
    [InlineData("*Answer*", "GetAnswersAsync", true)]
    [InlineData("*Answer*", "GetAsync", false)]
    [InlineData("*sAsync", "AskssAsync", true)]
    public void Patterns_match_whole_names(string pattern, string name, bool matches) =>
        Assert.Equal(matches, Single($"A.B | {pattern} | chat").Matches(name));

    [Fact]
    public void Headers_hold_until_the_next_package()
    {
        var result = Parse("""
            A.None | Ask | chat
            # package: Contoso.Ai 1.2
            # versions: Contoso.Core 1..3
            A.First | Ask | chat
            # a remark
            A.Second | Ask | chat | task | versions=9
            # package: Contoso.Other 4
            A.Third | Ask | chat
            """);

        Assert.Empty(result.Errors);
        Assert.Equal(
            [(null, null), ("Contoso.Ai 1.2", "Contoso.Core 1..3"), ("Contoso.Ai 1.2", "9"), ("Contoso.Other 4", null)],
            result.Entries.Select(entry => (entry.Package, entry.Versions)));
    }

    [Theory]
    [InlineData("chat", nameof(ExecutorRole.None), false)]
    [InlineData("bounds", nameof(ExecutorRole.Bounds), true)]
    [InlineData("retries", nameof(ExecutorRole.Retries), true)]
    [InlineData("deadline", nameof(ExecutorRole.Deadline), true)]
    [InlineData("retries+bounds", "Bounds, Retries", true)]
    [InlineData("bounds+retries+deadline", "Bounds, Retries, Deadline", true)]
    public void Executor_kinds_combine(string kind, string roles, bool isExecutor)
    {
        var entry = Single($"A.B | RunAsync | {kind}");

        Assert.Equal(roles, entry.Roles.ToString());
        Assert.Equal(isExecutor, entry.Kind == CatalogKind.Executor);
        Assert.Equal(!isExecutor, entry.IsCall);
    }

    [Theory]
    [InlineData("-", nameof(ExecutorShape.Run))]
    [InlineData("run", nameof(ExecutorShape.Run))]
    [InlineData("acquire", nameof(ExecutorShape.Acquire))]
    [InlineData("release", nameof(ExecutorShape.Release))]
    [InlineData("create", nameof(ExecutorShape.Create))]
    public void Executor_shapes(string shape, string expected) =>
        Assert.Equal(expected, Single($"A.B | Do | bounds | {shape}").ExecutorShape.ToString());

    [Theory]
    [InlineData("chat", true)]
    [InlineData("embedding", true)]
    [InlineData("image", true)]
    [InlineData("audio", true)]
    [InlineData("moderation", true)]
    [InlineData("agent", true)]
    [InlineData("batch", true)]
    [InlineData("local", true)]
    [InlineData("raw", false)]
    [InlineData("client", false)]
    [InlineData("middleware", false)]
    [InlineData("bounds", false)]
    public void Only_inference_is_a_call(string kind, bool isCall) => Assert.Equal(isCall, Single($"A.B | Do | {kind}").IsCall);

    [Theory]
    [InlineData("100s/try", 100, 100, nameof(TimeoutScope.Try))]
    [InlineData("0.5s/read", 0.5, 0.5, nameof(TimeoutScope.Read))]
    [InlineData("100s/headers", 100, 100, nameof(TimeoutScope.Headers))]
    [InlineData("5min/total", 300, 300, nameof(TimeoutScope.Total))]
    [InlineData("30s..10min/try", 30, 600, nameof(TimeoutScope.Try))]
    public void Timeouts_are_read(string text, double shortest, double longest, string scope) =>
        Assert.Equal(
            new CatalogTimeout(CatalogSource.Known, TimeSpan.FromSeconds(shortest), TimeSpan.FromSeconds(longest), Enum.Parse<TimeoutScope>(scope)),
            Single($"A.B | Ask | chat | - | - | {text}").TimeoutLimit);

    [Theory]
    [InlineData("3x0s", 3, 0, false, true)]
    [InlineData("3x0.8s", 3, 0.8, false, false)]
    [InlineData("2x500ms+jitter", 2, 0.5, true, false)]
    public void Retries_are_read(string text, int count, double delay, bool jitter, bool noDelay)
    {
        var retry = Single($"A.B | Ask | chat | - | - | - | {text}").RetryPolicy;

        Assert.Equal(new CatalogRetry(CatalogSource.Known, count, TimeSpan.FromSeconds(delay), jitter), retry);
        Assert.Equal(noDelay, retry.HasNoDelay);
    }

    [Theory]
    [InlineData("none", nameof(CatalogSource.None))]
    [InlineData("inner", nameof(CatalogSource.Inner))]
    [InlineData("unknown", nameof(CatalogSource.Unknown))]
    [InlineData("-", nameof(CatalogSource.Unsaid))]
    public void Timeouts_and_retries_without_numbers(string text, string source)
    {
        var entry = Single($"A.B | Ask | chat | - | - | {text} | {text}");

        Assert.Equal(source, entry.TimeoutLimit.Source.ToString());
        Assert.Equal(source, entry.RetryPolicy.Source.ToString());
    }

    /// <summary>The part between ‹ and › is what the error must point at.</summary>
    public static TheoryData<string, string> Errors => new()
    {
        { "‹A.B›", "The member is missing: a row is at least 'type | member | kind'." },
        { "A.B | ‹Ask›", "The kind is missing: a row is at least 'type | member | kind'." },
        { "A.B | Ask | chat | task | - | - | - | - | ‹more›", "A row has at most 8 fields: type | member | kind | shape | traits | timeout | retry | rate-limit exception." },
        { "‹› | Ask | chat", "The type is missing: write its metadata name, such as 'Contoso.Ai.IAnswerer' or 'Contoso.Ai.Client`1'." },
        { "‹A.B<T>› | Ask | chat", "'A.B<T>' is no metadata name: write namespace, type and, for a generic type, '`' and the number of its parameters, such as 'Contoso.Ai.Client`1'." },
        { "‹A..B› | Ask | chat", "'A..B' is no metadata name: write namespace, type and, for a generic type, '`' and the number of its parameters, such as 'Contoso.Ai.Client`1'." },
        { "‹A.B`x› | Ask | chat", "'A.B`x' is no metadata name: write namespace, type and, for a generic type, '`' and the number of its parameters, such as 'Contoso.Ai.Client`1'." },
        { "A.B | ‹-› | chat", "The member is missing: write one or more names, such as 'AskAsync Stream*'." },
        { "A.B | Ask ‹Tell()› | chat", "'Tell()' " + MemberForms },
        { "A.B | ‹*› | chat", "'*' " + MemberForms },
        { "A.B | ‹Ask**› | chat", "'Ask**' " + MemberForms },
        { "A.B | ‹Ask[Async› | chat", "'Ask[Async' " + MemberForms },
        { "A.B | ‹A[a][b][c][d][e]› | chat", "'A[a][b][c][d][e]' " + MemberForms },
        { "A.B | ‹.ctor› | chat", "'.ctor' " + MemberForms },
        { "A.B | ‹*› | bounds", "'*' " + MemberForms },
        { "A.B | ‹chat› | http", "'chat' is no URL fragment: write a part of the path with its '/' or ':', such as '/v1/chat/completions'." },
        { "A.B | Ask | ‹chatt›", $"Unknown kind 'chatt'; did you mean 'chat'? Otherwise write one of {Kinds}." },
        { "A.B | Ask | ‹request›", $"Unknown kind 'request': write one of {Kinds}." },
        { "A.B | Ask | ‹bounds+retry›", $"Unknown kind 'bounds+retry': write one of {Kinds}." },
        { "A.B | Ask |‹›", $"Unknown kind '': write one of {Kinds}." },
        { "A.B | Ask | chat | ‹Task›", $"Unknown shape 'Task'; did you mean 'task'? Otherwise write one of {Shapes}." },
        { "A.B | Ask | chat | ‹run›", $"Unknown shape 'run': write one of {Shapes}." },
        { "A.B | Ask | bounds | ‹task›", "Unknown executor shape 'task': write one of run, acquire, release, create." },
        { "A.B | Ask | client | ‹task›", "A row of kind 'client' has no shape: write '-'." },
        { "A.B | Ask | chat | task | stateful, ‹statefull›", "Unknown trait 'statefull'; did you mean 'stateful'? Otherwise write one of batchable, builder, dispose, http-alone, http-timeout, maybe, no-token-fix, nothrow, obsolete, properties-on-client, self-hosted, settings, stall-ignores-token, stateful, twin, batch=, conf=, count=, host=, inner=, optType=, options=, provides=, retryProperty=, stall=, timeoutProperty=, transport=, versions=." },
        { "A.B | Ask | chat | task | ‹batch›", "The trait 'batch' needs a value: write 'batch=...'." },
        { "A.B | Ask | chat | task | ‹batch=›", "The trait 'batch' needs a value: write 'batch=...'." },
        { "A.B | Ask | chat | task | ‹conf›", "The trait 'conf' needs a value: write 'conf=low'." },
        { "A.B | Ask | chat | task | ‹conf=high›", "The trait 'conf' has one value: write 'conf=low'." },
        { "A.B | Ask | chat | task | ‹stateful=yes›", "The trait 'stateful' takes no value: write 'stateful'." },
        { "A.B | Ask | chat | task | - | ‹100›", "'100' is no timeout: write '100s/try', '100s/read', '100s/headers', '10min/total', a range such as '30s..10min/try', 'none', 'inner', 'unknown' or '-'." },
        { "A.B | Ask | chat | task | - | ‹10min..30s/try›", "'10min..30s/try' is no timeout: write '100s/try', '100s/read', '100s/headers', '10min/total', a range such as '30s..10min/try', 'none', 'inner', 'unknown' or '-'." },
        { "A.B | Ask | chat | task | - | - | ‹3›", "'3' is no retry: write '3x0.8s' (three retries, the first after 0.8 s), '2x0.5s+jitter', 'none', 'inner', 'unknown' or '-'." },
        { "A.B | Ask | chat | task | - | - | ‹0x1s›", "'0x1s' is no retry: write '3x0.8s' (three retries, the first after 0.8 s), '2x0.5s+jitter', 'none', 'inner', 'unknown' or '-'." },
        { "A.B | Ask | chat | task | - | - | - | ‹Busy!›", "'Busy!' names no exception: write its metadata name and the member that holds the status, such as 'Contoso.Ai.TooManyRequestsException:StatusCode', 'inner' or '-'." },
        { "‹=› | Ask | chat", "'=' repeats the field of the row above, and there is no row above: write the value." },
        { "A.B | Ask | chat\n\n# remark\n  A.B | Tell ‹Ask[Async]› | raw", "'A.B.Ask' is on line 1 already: keep one of the two." },
        { "A.B | Ask ‹Ask› | chat", "'A.B.Ask' is on line 1 already: keep one of the two." },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void An_error_points_at_the_place_and_says_what_to_write(string marked, string message)
    {
        var start = marked.IndexOf('‹');
        var length = marked.IndexOf('›') - start - 1;
        var text = SourceText.From(marked.Replace("‹", "").Replace("›", ""));

        var error = Assert.Single(CatalogFile.Parse("my.txt", text).Errors);

        Assert.Equal(message, error.Message);
        Assert.Equal("my.txt", error.Path);
        Assert.Equal(new TextSpan(start, length), error.Span);
        Assert.Equal(text.Lines.GetLinePositionSpan(error.Span), error.LineSpan);
        Assert.Equal(("my.txt", error.LineSpan), (error.Location.GetLineSpan().Path, error.Location.GetLineSpan().Span));
    }

    [Fact]
    public void A_row_with_an_error_is_left_out_and_the_others_stay() =>
        Assert.Equal([0, 2], Parse("A.B | Ask | chat\nA.C | Ask | chatt\nA.D | Ask | chat").Entries.Select(entry => entry.Line));

    [Fact]
    public void Errors_in_several_fields_are_all_reported() =>
        Assert.Equal(3, Parse("A.B | Ask() | chatt | task | nonsense").Errors.Length);

    [Theory]
    [InlineData("")]
    [InlineData("\r\n\r\n")]
    [InlineData("# only a remark")]
    [InlineData("\uFEFF")]
    public void An_empty_file_is_no_error(string text)
    {
        var result = Parse(text);

        Assert.Empty(result.Errors);
        Assert.Empty(result.Entries);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    [InlineData("\r")]
    public void Any_line_ending_will_do(string newLine) =>
        Assert.Equal([0, 1], Parse($"A.B | Ask | chat{newLine}A.C | Ask | chat{newLine}").Entries.Select(entry => entry.Line));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_byte_order_mark_is_skipped(bool decoded)
    {
        const string row = "A.B | Ask | chat";
        var text = decoded
            ? SourceText.From(new MemoryStream([.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(row)]))
            : SourceText.From("\uFEFF" + row);

        var result = CatalogFile.Parse("my.txt", text);

        Assert.Empty(result.Errors);
        Assert.Equal("A.B", Assert.Single(result.Entries).Type);
    }

    [Theory]
    [InlineData("characters")]
    [InlineData("separators")]
    [InlineData("one word")]
    [InlineData("brackets")]
    [InlineData("stars")]
    [InlineData("traits")]
    [InlineData("repeats")]
    [InlineData("numbers")]
    public void A_megabyte_of_garbage_never_throws_and_is_answered_briefly(string garbage)
    {
        const int megabyte = 1 << 20;
        var text = garbage switch
        {
            "characters" => Random(megabyte, "abcXYZ.|=*[]#-+`'\"/\\ \t\r\n\0\uFEFFäあ\uD800"),
            "separators" => new string('|', megabyte),
            "one word" => new string('x', megabyte),
            "brackets" => "A.B | " + new string('[', megabyte) + " | chat",
            "stars" => "A.B | " + new string('*', megabyte) + " | chat",
            "traits" => "A.B | Ask | chat | task | " + string.Concat(Enumerable.Repeat("x=1 ", megabyte / 4)),
            "repeats" => "A.B | Ask | chat\n" + string.Concat(Enumerable.Repeat("= | = | = | = | =\n", megabyte / 18)),
            _ => "A.B | Ask | chat | task | - | " + new string('9', megabyte) + "s/try | " + new string('9', megabyte) + "x1s",
        };

        var result = Parse(text);

        Assert.InRange(result.Errors.Length, 1, 100);
        Assert.All(result.Errors, error => Assert.True(error.Message.Length < 600, $"{garbage}: {error.Message}"));
        Assert.All(result.Errors, error => Assert.True(error.Span.End <= text.Length, $"{garbage}: {error.Span}"));
    }

    private static string Random(int length, string alphabet)
    {
        var random = new Random(20260801);
        return new([.. Enumerable.Range(0, length).Select(_ => alphabet[random.Next(alphabet.Length)])]);
    }

    private static CatalogFileResult Parse(string text) => CatalogFile.Parse("my.txt", SourceText.From(text));

    private static CatalogEntry Single(string row)
    {
        var result = Parse(row);
        Assert.Equal([], result.Errors.Select(error => error.Message));
        return Assert.Single(result.Entries);
    }
}
