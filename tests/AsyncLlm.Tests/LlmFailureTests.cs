using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using AsyncLlm.Tests.Support;
using static AsyncLlm.LlmFailureKind;

namespace AsyncLlm.Tests;

public sealed class LlmFailureTests
{
    private readonly TestClock _clock = new();

    [Theory]
    [InlineData(408, Transient)]
    [InlineData(409, Transient)]
    [InlineData(425, Transient)]
    [InlineData(500, Transient)]
    [InlineData(501, Transient)]
    [InlineData(502, Transient)]
    [InlineData(504, Transient)]
    [InlineData(599, Transient)]
    [InlineData(429, RateLimited)]
    [InlineData(503, Overloaded)]
    [InlineData(529, Overloaded)]
    [InlineData(402, QuotaExhausted)]
    [InlineData(400, Permanent)]
    [InlineData(401, Permanent)]
    [InlineData(403, Permanent)]
    [InlineData(404, Permanent)]
    [InlineData(422, Permanent)]
    public void A_status_has_the_same_meaning_wherever_it_stands(int status, LlmFailureKind kind)
    {
        Assert.Equal(kind, KindOf(new HttpRequestException("refused", null, (HttpStatusCode)status)));
        Assert.Equal(kind, KindOf(new StatusException { Status = status }));
        Assert.Equal(kind, KindOf(new NullableStatusException { StatusCode = (HttpStatusCode)status }));
        Assert.Equal(kind, KindOf(new HidingException(status)));
        Assert.Equal(kind, KindOf(new ModelException($"HTTP {status} (some_error: some_type)\n\nNo.")));
        Assert.Equal(kind, KindOf(new ModelException($"No.\nStatus: {status} (Some Reason)")));
        Assert.Equal(kind, KindOf(new ModelException($"Status Code: {(HttpStatusCode)status}\n{{}}")));
        Assert.Equal(kind, KindOf(new ModelException($$"""{"status":{{status}}}""")));
        Assert.Equal(kind, KindOf(new InvalidOperationException("outer", new StatusException { Status = status })));
    }

    [Theory]
    [InlineData("rate_limit_error", RateLimited)]
    [InlineData("rate_limit_exceeded", RateLimited)]
    [InlineData("overloaded_error", Overloaded)]
    [InlineData("api_error", Transient)]
    [InlineData("timeout_error", Transient)]
    [InlineData("insufficient_quota", QuotaExhausted)]
    [InlineData("invalid_request_error", Permanent)]
    public void An_error_code_stands_for_a_status_that_is_missing(string code, LlmFailureKind kind) =>
        Assert.Equal(kind, KindOf(new ModelException($$$"""{"type":"error","error":{"type":"{{{code}}}","message":"No."}}""")));

    [Fact]
    public void An_exception_that_says_nothing_is_permanent()
    {
        Assert.Equal(new LlmFailure(Permanent), Read(new ModelException("no")));
        Assert.Equal(Permanent, KindOf(new StatusException { Status = 0 }));
        Assert.Equal(Permanent, KindOf(new StatusException { Status = 200 }));
        Assert.Equal(Permanent, KindOf(new NullableStatusException()));
        Assert.Equal(Permanent, KindOf(new AggregateException()));
        Assert.Equal(Permanent, KindOf(new ModelException("Status: Unclear. It cost 429 tokens and took 503 steps.")));
    }

    [Fact]
    public void A_member_that_throws_says_nothing() =>
        Assert.Equal(Permanent, KindOf(new ThrowingException()));

    [Fact]
    public void A_missing_exception_is_refused() =>
        Assert.Throws<ArgumentNullException>("exception", () => LlmFailure.Classify(null!));

    public static TheoryData<Exception> Disconnections =>
    [
        new HttpRequestException("refused"),
        new HttpRequestException(HttpRequestError.NameResolutionError, "no such host", new SocketException((int)SocketError.HostNotFound)),
        new HttpIOException(HttpRequestError.ResponseEnded),
        new SocketException((int)SocketError.ConnectionReset),
        new IOException("reset", new SocketException((int)SocketError.ConnectionReset)),
        new StatusException(inner: new HttpRequestException("refused")),
        new AggregateException(new StatusException(inner: new HttpRequestException("refused")), new StatusException(inner: new HttpRequestException("refused"))),
    ];

    [Theory]
    [MemberData(nameof(Disconnections))]
    public void A_lost_connection_is_recognised(Exception exception) => Assert.Equal(ConnectionFailed, KindOf(exception));

    [Fact]
    public void What_only_looks_like_a_lost_connection_is_permanent()
    {
        Assert.Equal(Permanent, KindOf(new FileNotFoundException()));
        Assert.Equal(Permanent, KindOf(new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, "too large")));
    }

    public static TheoryData<Exception> Timeouts =>
    [
        new TimeoutException(),
        new TaskCanceledException("HttpClient.Timeout", new TimeoutException()),
        new TaskCanceledException("a network timeout", new IOException("aborted")),
        new OperationCanceledException(),
        new AggregateException(new TaskCanceledException(), new TaskCanceledException()),
        new InvalidOperationException("outer", new TimeoutException()),
        new TimeoutException("The call did not end in time.", new StatusException { Status = 429 }),
    ];

    [Theory]
    [MemberData(nameof(Timeouts))]
    public void A_timeout_is_recognised(Exception exception) => Assert.Equal(TimedOut, KindOf(exception));

    [Fact]
    public void An_answer_that_is_no_JSON_may_come_whole_the_next_time()
    {
        var cutOff = Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<int[]>("[1, 2"));

        Assert.Equal(Transient, KindOf(cutOff));
        Assert.Equal(Transient, KindOf(new StatusException("Data could not be read", cutOff)));
        Assert.Equal(RateLimited, KindOf(new StatusException(inner: cutOff) { Status = 429 }));
    }

    [Fact]
    public void Of_several_attempts_the_last_one_counts() =>
        Assert.Equal(RateLimited, KindOf(new AggregateException(new TimeoutException(), new AggregateException(new StatusException { Status = 429 }))));

    [Theory]
    [InlineData("HTTP 429 (insufficient_quota: insufficient_quota)", QuotaExhausted)]
    [InlineData("HTTP 429 (billing_hard_limit_reached: )", QuotaExhausted)]
    [InlineData("HTTP 429: Your organization has reached its spend limit.", QuotaExhausted)]
    [InlineData("HTTP 429: Your credit balance is too low.", QuotaExhausted)]
    [InlineData("HTTP 429: You exceeded your current quota, please check your plan and billing details. Please retry in 34.07s.", RateLimited)]
    [InlineData("HTTP 503: insufficient_quota", Overloaded)]
    public void A_429_that_money_has_to_solve_is_told_from_a_rate_limit(string message, LlmFailureKind kind) => Assert.Equal(kind, KindOf(new ModelException(message)));

    [Theory]
    [InlineData("Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Requested 31538.", Permanent)]
    [InlineData("Rate limit reached for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Used 29937, Requested 385.", RateLimited)]
    public void A_request_that_is_more_than_the_limit_is_told_from_one_that_comes_too_soon(string message, LlmFailureKind kind) =>
        Assert.Equal(kind, KindOf(new ModelException($"HTTP 429 (tokens: rate_limit_exceeded)\n\n{message}")));

    [Fact]
    public void The_exhausted_quota_may_be_named_by_a_body_or_a_type()
    {
        Assert.Equal(QuotaExhausted, KindOf(new StatusException { Status = 429, ResponseBody = """{"error":{"code":"insufficient_quota"}}""" }));
        Assert.Equal(QuotaExhausted, KindOf(new EnforcedSpendLimitReachedException()));
        Assert.Equal(QuotaExhausted, KindOf(new StatusException(inner: new ModelException("insufficient_quota")) { Status = 429 }));
    }

    [Theory]
    [InlineData(400, "true", Transient)]
    [InlineData(429, "true", RateLimited)]
    [InlineData(503, "true", Overloaded)]
    [InlineData(429, "false", Permanent)]
    [InlineData(500, "False", Permanent)]
    [InlineData(500, "perhaps", Transient)]
    [InlineData(402, "false", QuotaExhausted)]
    [InlineData(402, "true", QuotaExhausted)]
    public void The_server_may_say_itself_whether_to_retry(int status, string shouldRetry, LlmFailureKind kind) =>
        Assert.Equal(kind, KindOf(new StatusException { Status = status, Headers = { ["X-Should-Retry"] = [shouldRetry] } }));

    [Theory]
    [InlineData("4", 4.0)]
    [InlineData("0", 0.0)]
    [InlineData("1.5", 1.5)]
    [InlineData("-3", 0.0)]
    [InlineData(" 2 ", 2.0)]
    [InlineData("soon", null)]
    [InlineData("", null)]
    [InlineData("NaN", null)]
    [InlineData("1e999", null)]
    public void Retry_After_is_read_in_seconds(string header, double? seconds) => Assert.Equal(Seconds(seconds), WaitOf("Retry-After", header));

    [Fact]
    public void A_wait_longer_than_time_itself_is_the_longest_there_is() =>
        Assert.Equal(922337203685, Math.Floor(WaitOf("Retry-After", "1e300")!.Value.TotalSeconds));

    [Fact]
    public void Retry_After_may_be_a_date()
    {
        Assert.Equal(TimeSpan.FromSeconds(90), WaitOf("Retry-After", _clock.GetUtcNow().AddSeconds(90).ToString("r")));
        Assert.Equal(TimeSpan.Zero, WaitOf("Retry-After", _clock.GetUtcNow().AddSeconds(-90).ToString("r")));
    }

    [Fact]
    public void A_date_is_read_by_the_clock_of_the_server()
    {
        var elsewhere = _clock.GetUtcNow().AddHours(5);
        var answer = new StatusException { Status = 429, Headers = { ["Retry-After"] = [elsewhere.AddSeconds(90).ToString("r")], ["Date"] = [elsewhere.ToString("r")] } };

        Assert.Equal(TimeSpan.FromSeconds(90), Read(answer).RetryAfter);
    }

    [Fact]
    public void The_milliseconds_win_over_the_seconds()
    {
        var both = new StatusException { Status = 429, Headers = { ["Retry-After"] = ["3"], ["retry-after-ms"] = ["2500.5"] } };
        Assert.Equal(TimeSpan.FromMilliseconds(2500.5), Read(both).RetryAfter);
        both.Headers["retry-after-ms"] = ["REDACTED"];
        Assert.Equal(TimeSpan.FromSeconds(3), Read(both).RetryAfter);
    }

    [Fact]
    public void The_wait_may_be_further_inside_than_the_status() =>
        Assert.Equal(
            new LlmFailure(RateLimited, TimeSpan.FromSeconds(4)),
            Read(new NullableStatusException(new StatusException { Status = 429, Headers = { ["Retry-After"] = ["4"] } }) { StatusCode = HttpStatusCode.TooManyRequests }));

    [Fact]
    public void The_headers_of_a_raw_response_are_read() =>
        Assert.Equal(new LlmFailure(RateLimited, TimeSpan.FromSeconds(7)), Read(new RawResponseException(("Retry-After", "7"))));

    [Fact]
    public void A_missing_raw_response_says_nothing() =>
        Assert.Equal(new LlmFailure(RateLimited), Read(new RawResponseException(null)));

    [Theory]
    [InlineData("Rate limit reached. Please try again in 20ms.", 0.02)]
    [InlineData("Please try again in 6m0s. Visit us.", 360.0)]
    [InlineData("Please try again in 1h2m3.5s.", 3723.5)]
    [InlineData("Please retry after 4 seconds.", 4.0)]
    [InlineData("Please retry in 34.074824224s.", 34.0748242)]
    [InlineData("try again in 1 minute", 60.0)]
    [InlineData("No.\nHeaders:\nRetry-After: 5\nretry-after-ms: REDACTED", 5.0)]
    [InlineData("Please try again in 9s.\nRetry-After: 5", 5.0)]
    [InlineData("Please try again in a moment.", null)]
    [InlineData("Please try again in 3 weeks.", null)]
    public void Without_headers_the_message_tells_the_wait(string message, double? seconds) =>
        Assert.Equal(Seconds(seconds), Read(new StatusException(message) { Status = 429 }).RetryAfter);

    private static TimeSpan? Seconds(double? seconds) => seconds is { } value ? TimeSpan.FromSeconds(value) : null;

    private static LlmFailureKind KindOf(Exception exception) => LlmFailure.Classify(exception).Kind;

    private LlmFailure Read(Exception exception) => FailureReader.Read(exception, _clock);

    private TimeSpan? WaitOf(string header, string value) => Read(new StatusException { Status = 429, Headers = { [header] = [value] } }).RetryAfter;

    private class StatusException(string message = "refused", Exception? inner = null) : Exception(message, inner)
    {
        public int Status { get; init; }

        public string? ResponseBody { get; init; }

        public Dictionary<string, IEnumerable<string>> Headers { get; } = [];
    }

    private sealed class EnforcedSpendLimitReachedException : StatusException
    {
        public EnforcedSpendLimitReachedException() => Status = 429;
    }

    private sealed class NullableStatusException(Exception? inner = null) : Exception("refused", inner)
    {
        public HttpStatusCode? StatusCode { get; init; }
    }

    /// <summary>As Google's client has it: a property of another type hides the inherited one, and <c>Status</c> is a text.</summary>
    private sealed class HidingException(int status) : HttpRequestException("refused")
    {
        public new int StatusCode => status;

        public string Status => "RESOURCE_EXHAUSTED";
    }

    private sealed class ThrowingException : Exception
    {
        public int Status => throw new InvalidOperationException();

        public object GetRawResponse() => throw new InvalidOperationException();
    }

    private sealed class RawResponseException((string Name, string Value)? header) : Exception("refused")
    {
        public HttpStatusCode StatusCode => HttpStatusCode.TooManyRequests;

        public RawResponse? GetRawResponse() => header is null ? null : new(new(header.Value));
    }

    private sealed record RawResponse(RawHeaders Headers);

    private readonly struct RawHeaders((string Name, string Value) header)
    {
        public bool TryGetValue(string name, out string? value)
        {
            value = name.Equals(header.Name, StringComparison.OrdinalIgnoreCase) ? header.Value : null;
            return value is not null;
        }
    }
}
