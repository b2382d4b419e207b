using System.Net;
using AsyncLlm.Tests.Support;

namespace AsyncLlm.Tests;

public sealed class LlmRateHeaderHandlerTests
{
    private static readonly Uri Address = new("http://model.test/");

    private readonly TestClock _clock = new();
    private readonly LlmThrottle _throttle;

    public LlmRateHeaderHandlerTests() => _throttle = new(new() { TimeProvider = _clock });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task What_an_answer_says_paces_the_calls_after_it(bool isAsync) => Scenario.Run(async () =>
    {
        using var client = Client(HttpStatusCode.OK, ("x-ratelimit-limit-requests", "60"), ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1m0s"));

        await _throttle.ExecuteAsync(async token => Assert.Equal(HttpStatusCode.OK, await GetAsync(client, isAsync, token)));
        var second = _throttle.ExecuteAsync(_ => Task.FromResult(2));

        Assert.Equal(60, _throttle.GetStatistics().RequestsPerMinute!.Value, tolerance: 1);
        Assert.Equal(1, _throttle.GetStatistics().Queued);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, await second);
    });

    [Fact]
    public Task A_wait_that_the_exception_does_not_tell_is_taken_from_the_headers() => Scenario.Run(async () =>
    {
        var waits = new List<TimeSpan?>();
        var throttle = new LlmThrottle(new() { TimeProvider = _clock, OnRetry = retry => waits.Add(retry.Failure.RetryAfter) });
        var attempts = 0;

        var call = throttle.ExecuteAsync(async token =>
        {
            using var client = new HttpClient(new LlmRateHeaderHandler(throttle, new Server(++attempts == 1 ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK, attempts == 1 ? [("Retry-After", "7")] : [])));
            using var response = await client.GetAsync(Address, token);
            return response.IsSuccessStatusCode ? attempts : throw new HttpRequestException("no headers in here", null, response.StatusCode);
        });

        Assert.Equal([TimeSpan.FromSeconds(7)], waits);
        _clock.Advance(TimeSpan.FromSeconds(6.9));
        Assert.Equal(1, attempts);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, await call);
    });

    [Fact]
    public Task An_answer_to_nobodys_call_is_reported_too() => Scenario.Run(async () =>
    {
        using var client = Client(HttpStatusCode.OK, ("anthropic-ratelimit-requests-limit", "60"), ("anthropic-ratelimit-requests-remaining", "0"), ("anthropic-ratelimit-requests-reset", "2000-01-01T00:01:00Z"));

        await GetAsync(client, isAsync: true, default);

        Assert.Equal(60, _throttle.GetStatistics().RequestsPerMinute!.Value, tolerance: 1);
    });

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, -3600)]
    [InlineData(true, 90)]
    public Task A_date_counts_from_when_the_request_was_sent_by_the_clock_of_the_server(bool isAsync, int skew) => Scenario.Run(async () =>
    {
        // Sent at 0:00, used up until 1:00; the answer takes 20 s.
        var server = TimeSpan.FromSeconds(skew);
        using var client = new HttpClient(new LlmRateHeaderHandler(_throttle, new Server(HttpStatusCode.OK,
            ("anthropic-ratelimit-requests-limit", "60"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", $"{_clock.GetUtcNow() + server + TimeSpan.FromSeconds(60):yyyy-MM-dd'T'HH:mm:ss'Z'}"),
            ("Date", $"{_clock.GetUtcNow() + server + TimeSpan.FromSeconds(20):R}"))
        { Takes = () => _clock.Advance(TimeSpan.FromSeconds(20)) }));

        await _throttle.ExecuteAsync(token => GetAsync(client, isAsync, token));

        Assert.Equal(60, _throttle.GetStatistics().RequestsPerMinute!.Value, tolerance: 1);
    });

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    public Task It_lets_everything_pass(HttpStatusCode status) => Scenario.Run(async () =>
    {
        using var client = Client(status, ("x-ratelimit-limit-requests", "a lot"), ("x-ratelimit-reset-requests", "\u00fc"), ("Retry-After", "later, perhaps"));

        Assert.Equal(status, await GetAsync(client, isAsync: true, default));

        Assert.Null(_throttle.GetStatistics().RequestsPerMinute);
        Assert.Equal(0, _throttle.GetStatistics().Admitted);
    });

    [Fact]
    public async Task A_failure_of_the_network_stays_what_it_is()
    {
        using var client = new HttpClient(new LlmRateHeaderHandler(_throttle, new Server()));

        Assert.Equal("no network", (await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Address))).Message);
        Assert.Equal("no network", Assert.Throws<HttpRequestException>(() => client.Send(new(HttpMethod.Get, Address))).Message);
    }

    [Fact]
    public void Null_is_refused()
    {
        Scenario.ThrowsAtOnce<ArgumentNullException>("throttle", () => new LlmRateHeaderHandler(null!));
        Scenario.ThrowsAtOnce<ArgumentNullException>("innerHandler", () => new LlmRateHeaderHandler(_throttle, null!));
    }

    private HttpClient Client(HttpStatusCode status, params (string Name, string Value)[] headers) => new(new LlmRateHeaderHandler(_throttle, new Server(status, headers)));

    private static async Task<HttpStatusCode> GetAsync(HttpClient client, bool isAsync, CancellationToken token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address);
        using var response = isAsync ? await client.SendAsync(request, token) : client.Send(request, token);
        return response.StatusCode;
    }

    /// <summary>Answers every request the same way, or fails to.</summary>
    private sealed class Server(HttpStatusCode? status = null, params (string Name, string Value)[] headers) : HttpMessageHandler
    {
        public Action? Takes { get; init; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(Send(request, cancellationToken));

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Takes?.Invoke();
            var response = new HttpResponseMessage(status ?? throw new HttpRequestException("no network"));
            foreach (var (name, value) in headers)
                response.Headers.TryAddWithoutValidation(name, value);
            return response;
        }
    }
}
