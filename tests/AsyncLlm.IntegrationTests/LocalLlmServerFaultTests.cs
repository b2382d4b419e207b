using System.Net;
using LocalLlm;
using Microsoft.Extensions.Time.Testing;

namespace AsyncLlm.IntegrationTests;

/// <summary>What goes wrong on purpose, as a plain HTTP client sees it, and what the server keeps of it.</summary>
public sealed class LocalLlmServerFaultTests
{
    private const string Question = "one two three";

    private static readonly HttpClient Http = new();

    /// <summary>Ends a test that waits for something that does not happen; none waits this long otherwise.</summary>
    private readonly CancellationToken deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    public static TheoryData<string> Paths => ["v1/chat/completions", "v1/messages", "v1/responses", "api/chat"];

    public static TheoryData<string, Fault> Texts => new()
    {
        { "status=503/5", Fault.Status(503, every: 5) },
        { "status=429;retry-after=4;x-should-retry=false/1-3", Fault.Status(429) with { Headers = "retry-after=4;x-should-retry=false", To = 3 } },
        { "quota/2-2", Fault.Quota() with { From = 2, To = 2 } },
        { "hang/7", Fault.Hang(every: 7) },
        { "slow=500/1", Fault.Slow(500) },
        { "stall=3/9", Fault.Stall(afterTokens: 3, every: 9) },
        { "reset/11", Fault.Reset(every: 11) },
        { "cut=1/2", Fault.Cut(afterTokens: 1, every: 2) },
        { "malformed=0/1", Fault.Malformed() },
        { "truncate=2/1", Fault.Truncate(afterTokens: 2) },
        { "error=2/1", Fault.StreamError(afterTokens: 2) },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Faults_are_read_from_the_command_line(string text, Fault fault) => Assert.Equal(fault, Fault.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("status/5")]
    [InlineData("status=200/1")]
    [InlineData("hang")]
    [InlineData("hang=3/1")]
    [InlineData("hang;retry-after=4/1")]
    [InlineData("status=429;retry-after/1")]
    [InlineData("explode/2")]
    [InlineData("reset/often")]
    [InlineData("reset/1-2-3")]
    public void A_fault_that_cannot_be_read_is_refused(string text) => Assert.Throws<FormatException>(() => Fault.Parse(text));

    [Fact]
    public async Task A_fault_hits_the_requests_of_its_range()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Status(503) with { From = 2, To = 3 }] });

        var statuses = new List<int>();
        while (statuses.Count < 4)
            statuses.Add((int)(await SendAsync(server, "v1/chat/completions")).StatusCode);

        Assert.Equal([200, 503, 503, 200], statuses);
        Assert.Equal([1, 2, 3, 4], server.Requests.Select(request => request.Attempt));
    }

    [Fact]
    public async Task A_client_may_ask_for_a_fault_of_its_own()
    {
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [Fault.Reset()] });

        using var answer = await SendAsync(server, "v1/chat/completions", fault: "status=429;retry-after=4;retry-after-ms=250");
        using var mistake = await SendAsync(server, "v1/chat/completions", fault: "explode");

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal("4", answer.Headers.GetValues("retry-after").Single());
        Assert.Equal("250", answer.Headers.GetValues("retry-after-ms").Single());
        Assert.Equal(HttpStatusCode.BadRequest, mistake.StatusCode);
        Assert.Contains("'explode' is no fault", await mistake.Content.ReadAsStringAsync(deadline), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_date_to_come_back_at_is_counted_from_the_servers_clock()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        await using var server = await LocalLlmServer.StartAsync(new() { TimeProvider = time });

        using var answer = await SendAsync(server, "v1/chat/completions", fault: "status=429;retry-after=date:10");

        Assert.Equal("Fri, 02 Jan 2026 03:04:15 GMT", answer.Headers.GetValues("retry-after").Single());
    }

    [Theory]
    [InlineData("v1/chat/completions", "status=503", 503, "\"type\":\"server_error\"")]
    [InlineData("v1/chat/completions", "status=429", 429, "\"code\":\"rate_limit_exceeded\"")]
    [InlineData("v1/chat/completions", "quota", 429, "\"code\":\"insufficient_quota\"")]
    [InlineData("v1/responses", "status=400", 400, "\"type\":\"invalid_request_error\"")]
    [InlineData("v1/messages", "status=529", 529, "\"type\":\"overloaded_error\"")]
    [InlineData("v1/messages", "status=429", 429, "\"type\":\"rate_limit_error\"")]
    [InlineData("v1/messages", "status=500", 500, "\"type\":\"api_error\"")]
    [InlineData("v1/messages", "quota", 429, "\"error_code\":\"contract_spend_limit_reached\"")]
    [InlineData("api/chat", "status=500", 500, "{\"error\":\"")]
    public async Task An_error_is_written_as_the_provider_writes_it(string path, string fault, int status, string contains)
    {
        await using var server = await LocalLlmServer.StartAsync();

        using var answer = await SendAsync(server, path, fault: fault);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(contains, await answer.Content.ReadAsStringAsync(deadline), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rate_limit_headers_are_written_as_Anthropic_writes_them()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = 60, Burst = 2, TimeProvider = time });

        using var first = await SendAsync(server, "v1/messages");
        using var second = await SendAsync(server, "v1/messages");
        using var refused = await SendAsync(server, "v1/messages");

        Assert.Equal("2 1 2026-01-02T03:04:06Z", Quota(first));
        Assert.Equal("2 0 2026-01-02T03:04:07Z", Quota(second));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("1", refused.Headers.GetValues("retry-after").Single());

        static string Quota(HttpResponseMessage answer) =>
            string.Join(' ', new[] { "limit", "remaining", "reset" }.Select(name => answer.Headers.GetValues($"anthropic-ratelimit-requests-{name}").Single()));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task An_answer_repeats_the_question_and_a_stream_is_the_same_in_pieces(string path)
    {
        await using var server = await LocalLlmServer.StartAsync();

        using var whole = await SendAsync(server, path);
        using var stream = await SendAsync(server, path, stream: true);

        Assert.Contains("Summary: one two three", await whole.Content.ReadAsStringAsync(deadline), StringComparison.Ordinal);
        var text = await stream.Content.ReadAsStringAsync(deadline);
        Assert.All(["\"Summary: \"", "\"one \"", "\"two \"", "\"three\""], piece => Assert.Contains(piece, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_events_of_a_stream_come_in_Anthropics_order()
    {
        await using var server = await LocalLlmServer.StartAsync();

        using var stream = await SendAsync(server, "v1/messages", stream: true);

        var events = (await stream.Content.ReadAsStringAsync(deadline)).Split('\n').Where(line => line.StartsWith("event: ", StringComparison.Ordinal)).Select(line => line[7..]);
        Assert.Equal(
            ["message_start", "content_block_start", "ping", .. Enumerable.Repeat("content_block_delta", 4), "content_block_stop", "message_delta", "message_stop"],
            events);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_broken_stream_has_brought_the_tokens_before_it(string path)
    {
        await using var server = await LocalLlmServer.StartAsync();

        var truncated = await ReadAsync(server, path, "truncate=2");
        var malformed = await ReadAsync(server, path, "malformed=2");
        var error = await ReadAsync(server, path, "error=2");
        var cut = await ReadAsync(server, path, "cut=2");

        Assert.All([truncated, error, cut], read => Assert.Contains("\"one \"", read.Text, StringComparison.Ordinal));
        Assert.All([truncated, error, cut], read => Assert.DoesNotContain("\"two \"", read.Text, StringComparison.Ordinal));
        Assert.Contains("\"three\"", malformed.Text, StringComparison.Ordinal);
        Assert.Contains("overloaded", error.Text, StringComparison.Ordinal);
        Assert.IsType<IOException>(cut.Exception);
        Assert.All([truncated, malformed, error], read => Assert.Null(read.Exception));
        await server.WhenAsync(seen => seen is { Failed: 4, Completed: 0, Aborted: 0 }, deadline);
    }

    [Theory]
    [InlineData("malformed=0", "<html>{", false)]
    [InlineData("truncate=0", "{", false)]
    [InlineData("cut=0", "{", true)]
    public async Task An_answer_that_is_no_stream_breaks_too(string fault, string starts, bool isReset)
    {
        await using var server = await LocalLlmServer.StartAsync();

        var (text, exception) = await ReadAsync(server, "v1/chat/completions", fault, stream: false);

        Assert.StartsWith(starts, text, StringComparison.Ordinal);
        Assert.Equal(isReset, exception is not null);
        Assert.DoesNotContain("total_tokens", fault.StartsWith("malformed", StringComparison.Ordinal) ? "" : text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stalled_answer_has_its_headers()
    {
        await using var server = await LocalLlmServer.StartAsync();

        using var answer = await SendAsync(server, "v1/messages", fault: "stall=0");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.Content.ReadAsStringAsync(new CancellationTokenSource(50).Token));
    }

    [Fact]
    public async Task The_server_keeps_when_each_request_came_how_it_ended_and_which_attempt_it_was()
    {
        var time = new FakeTimeProvider();
        await using var server = await LocalLlmServer.StartAsync(new() { TimeProvider = time, Faults = [Fault.Status(503) with { To = 1 }, Fault.Hang() with { From = 3 }] });
        time.Advance(TimeSpan.FromSeconds(1));
        (await SendAsync(server, "v1/messages")).Dispose();
        await server.WhenAsync(seen => seen.Failed == 1, deadline);
        time.Advance(TimeSpan.FromSeconds(2));
        (await SendAsync(server, "v1/messages")).Dispose();
        await server.WhenAsync(seen => seen is { Completed: 1, InFlight: 0 }, deadline);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        var hanging = SendAsync(server, "v1/chat/completions", cancellationToken: cancellation.Token);
        await server.WhenAsync(seen => seen.InFlight == 1, deadline);

        Assert.Equal((null, null), (server.Requests[2].Ended, server.Requests[2].Outcome));
        time.Advance(TimeSpan.FromSeconds(4));
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging);
        await server.WhenAsync(seen => seen.Aborted == 1, deadline);
        Assert.Equal(
            [
                "1 /v1/messages attempt 1: 1..1 Failed 503",
                "2 /v1/messages attempt 2: 3..3 Completed 200",
                "3 /v1/chat/completions attempt 1: 3..7 Aborted -",
            ],
            server.Requests.Select(request =>
                $"{request.Number} {request.Path} attempt {request.Attempt}: {request.Arrived.TotalSeconds}..{request.Ended?.TotalSeconds} {request.Outcome} {request.Status?.ToString() ?? "-"}"));
        Assert.Equal("application/json; charset=utf-8", server.Requests[0].Headers["content-type"]);
        Assert.Contains("\"attempt\":2", await Http.GetStringAsync(new Uri(server.BaseAddress, "requests"), deadline), StringComparison.Ordinal);
    }

    private async Task<(string Text, Exception? Exception)> ReadAsync(LocalLlmServer server, string path, string fault, bool stream = true)
    {
        using var answer = await SendAsync(server, path, stream, fault);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(deadline));
        var text = new System.Text.StringBuilder();
        var buffer = new char[1024];
        try
        {
            while (await reader.ReadAsync(buffer, deadline) is > 0 and var read)
                text.Append(buffer, 0, read);
            return (text.ToString(), null);
        }
        catch (IOException exception)
        {
            return (text.ToString(), exception);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        LocalLlmServer server, string path, bool stream = false, string? fault = null, CancellationToken? cancellationToken = null)
    {
        var (text, isStream) = ($"{{\"role\":\"user\",\"content\":\"{Question}\"}}", stream ? "true" : "false");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.BaseAddress, path))
        {
            Content = new StringContent($$"""{"model":"m","max_tokens":100,"messages":[{{text}}],"input":[{{text}}],"stream":{{isStream}}}""", null, "application/json"),
        };
        if (fault is not null)
            request.Headers.Add(Fault.Header, fault);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken ?? deadline);
    }
}
