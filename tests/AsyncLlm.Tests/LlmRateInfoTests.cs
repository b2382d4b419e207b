using AsyncLlm.Tests.Support;

namespace AsyncLlm.Tests;

public sealed class LlmRateInfoTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TestClock _clock = new();

    public LlmRateInfoTests() => _clock.SetUtcNow(Now);

    [Fact]
    public void OpenAI_tells_limit_rest_and_duration_of_requests_and_tokens() =>
        Assert.Equal(
            new LlmRateInfo
            {
                RequestLimit = 60,
                RequestsRemaining = 59,
                RequestsReset = TimeSpan.FromSeconds(1),
                TokenLimit = 150_000,
                TokensRemaining = 149_984,
                TokensReset = TimeSpan.FromMinutes(6),
            },
            Read(
                ("x-ratelimit-limit-requests", "60"),
                ("x-ratelimit-limit-tokens", "150000"),
                ("x-ratelimit-remaining-requests", "59"),
                ("x-ratelimit-remaining-tokens", "149984"),
                ("x-ratelimit-reset-requests", "1s"),
                ("x-ratelimit-reset-tokens", "6m0s")));

    [Theory]
    [InlineData("1s", 1)]
    [InlineData("6m0s", 360)]
    [InlineData("120ms", 0.12)]
    [InlineData("1h2m3.5s", 3723.5)]
    [InlineData("2m59.56s", 179.56)]
    [InlineData("12", 12)]
    [InlineData("0", 0)]
    [InlineData("7.66", 7.66)]
    public void A_reset_is_a_duration_or_seconds(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read(("x-ratelimit-reset-requests", text)).RequestsReset);

    [Fact]
    public void Anthropic_tells_a_moment() =>
        Assert.Equal(
            new LlmRateInfo
            {
                RequestLimit = 50,
                RequestsRemaining = 49,
                RequestsReset = TimeSpan.FromSeconds(30),
                TokenLimit = 40_000,
                TokensRemaining = 39_000,
                TokensReset = TimeSpan.FromSeconds(90),
            },
            Read(
                ("anthropic-ratelimit-requests-limit", "50"),
                ("anthropic-ratelimit-requests-remaining", "49"),
                ("anthropic-ratelimit-requests-reset", "2026-03-01T12:00:30Z"),
                ("anthropic-ratelimit-tokens-limit", "40000"),
                ("anthropic-ratelimit-tokens-remaining", "39000"),
                ("anthropic-ratelimit-tokens-reset", "2026-03-01T13:01:30+01:00"),
                ("anthropic-ratelimit-input-tokens-limit", "1"),
                ("anthropic-ratelimit-input-tokens-remaining", "0")));

    [Theory]
    [InlineData("100", "500", 10_000)]
    [InlineData("9000", "500", 8_000)]
    [InlineData(null, "500", 8_000)]
    [InlineData("100", null, 10_000)]
    public void Of_input_and_output_tokens_the_scarcer_counts(string? input, string? output, long limit) =>
        Assert.Equal(
            limit,
            Read(
                ("anthropic-ratelimit-input-tokens-limit", input is null ? null : "10000"),
                ("anthropic-ratelimit-input-tokens-remaining", input),
                ("anthropic-ratelimit-output-tokens-limit", output is null ? null : "8000"),
                ("anthropic-ratelimit-output-tokens-remaining", output)).TokenLimit);

    [Fact]
    public void The_servers_clock_wins_over_ours() =>
        Assert.Equal(
            TimeSpan.FromSeconds(30),
            Read(
                ("date", "Sun, 01 Mar 2026 11:50:00 GMT"),
                ("anthropic-ratelimit-requests-reset", "2026-03-01T11:50:30Z")).RequestsReset);

    [Fact]
    public void A_moment_that_has_passed_is_now() =>
        Assert.Equal(TimeSpan.Zero, Read(("anthropic-ratelimit-requests-reset", "2026-03-01T11:59:00Z")).RequestsReset);

    [Theory]
    [InlineData("retry-after", "4", 4)]
    [InlineData("retry-after", "1.5", 1.5)]
    [InlineData("retry-after", "Sun, 01 Mar 2026 12:00:09 GMT", 9)]
    [InlineData("retry-after-ms", "2500", 2.5)]
    public void A_wait_is_told_in_seconds_in_milliseconds_or_as_a_date(string name, string value, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read((name, value)).RetryAfter);

    [Fact]
    public void Milliseconds_win() => Assert.Equal(TimeSpan.FromMilliseconds(2500), Read(("retry-after", "3"), ("retry-after-ms", "2500")).RetryAfter);

    [Theory]
    [InlineData("x-ratelimit-limit-requests", "many")]
    [InlineData("x-ratelimit-limit-requests", "-1")]
    [InlineData("x-ratelimit-limit-requests", "1e3")]
    [InlineData("x-ratelimit-limit-requests", "99999999999999999999")]
    [InlineData("x-ratelimit-remaining-tokens", "")]
    [InlineData("x-ratelimit-reset-requests", "soon")]
    [InlineData("x-ratelimit-reset-requests", "-3s")]
    [InlineData("x-ratelimit-reset-requests", "1741305600")]
    [InlineData("x-ratelimit-reset-requests", "1e300")]
    [InlineData("x-ratelimit-reset-requests", "99999999999999999999d")]
    [InlineData("anthropic-ratelimit-requests-reset", "tomorrow")]
    [InlineData("anthropic-ratelimit-requests-reset", "9999-12-31T23:59:59Z")]
    [InlineData("retry-after", "a while")]
    public void What_cannot_be_read_is_not_said(string name, string value) => Assert.True(Read((name, value)).IsEmpty);

    [Fact]
    public void No_headers_say_nothing() => Assert.True(Read().IsEmpty);

    [Fact]
    public void A_date_is_brought_to_when_the_request_was_sent_and_a_duration_counts_from_there()
    {
        var sinceSent = TimeSpan.FromSeconds(20);
        (string Name, string Value)[] headers =
        [
            ("anthropic-ratelimit-requests-reset", "2026-03-01T12:00:30Z"),
            ("x-ratelimit-reset-tokens", "7s"),
            ("retry-after", "Sun, 01 Mar 2026 12:00:09 GMT"),
        ];

        var info = LlmRateInfo.FromHeaders(name => headers.FirstOrDefault(header => header.Name == name).Value, _clock, sinceSent);

        Assert.Equal(TimeSpan.FromSeconds(30) + sinceSent, info.RequestsReset);
        Assert.Equal(TimeSpan.FromSeconds(7), info.TokensReset);
        // A wait is counted from the answer.
        Assert.Equal(TimeSpan.FromSeconds(9), info.RetryAfter);
        Scenario.ThrowsAtOnce<ArgumentOutOfRangeException>("sinceSent", () => LlmRateInfo.FromHeaders(_ => null, _clock, TimeSpan.FromTicks(-1)));
    }

    [Fact]
    public void Nothing_to_ask_is_refused() => Scenario.ThrowsAtOnce<ArgumentNullException>("header", () => LlmRateInfo.FromHeaders(null!));

    private LlmRateInfo Read(params (string Name, string? Value)[] headers) =>
        LlmRateInfo.FromHeaders(name => headers.FirstOrDefault(header => header.Name == name).Value, _clock);
}
