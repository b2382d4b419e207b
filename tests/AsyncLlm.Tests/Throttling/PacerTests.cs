using AsyncLlm.Tests.Support;

namespace AsyncLlm.Tests.Throttling;

public sealed class PacerTests
{
    private static readonly double?[] RetryAfters = [null, 0, 1e-7, 0.3, 1, 20, 119];
    private static readonly double[] Steps = [0, 1e-7, 0.001, 0.05, 1, 30];

    /// <summary>A time that is not a number compares as "now": everybody would be let in at once.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_is_answered_the_next_attempt_has_a_time_and_somebody_may_go_when_nobody_is_in_flight(bool reports)
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var pacer = new Pacer(requestsPerMinute: null, tokensPerMinute: null);
            var inFlight = new List<Admission>();
            var now = 0.0;
            for (var step = 0; step < 400; step++)
            {
                var at = pacer.AdmitsAt(0, inFlight.Count, now);
                Assert.False(double.IsNaN(at) || double.IsNaN(pacer.RequestRate), $"seed {seed}, step {step}: {at} at {now}, {pacer.RequestRate} a second");
                Assert.True(inFlight.Count > 0 || double.IsFinite(at), $"seed {seed}, step {step}: nobody may go, ever");
                if (at <= now && (inFlight.Count == 0 || random.Next(3) > 0))
                    inFlight.Add(pacer.Admit(0, inFlight.Count, now));
                else if (inFlight.Count == 0 || random.Next(4) == 0)
                    now = Math.Max(now, double.IsFinite(at) ? at : now) + Pick(random, Steps);
                else
                    Answer(pacer, TakeOne(inFlight, random), reports, random, now);
            }
        }
    }

    /// <summary>A refusal may take a second, and whatever is sent until then may be refused too.</summary>
    [Fact]
    public void Before_the_first_answer_few_are_sent_at_first_and_ever_more_later()
    {
        var pacer = new Pacer(requestsPerMinute: null, tokensPerMinute: null);
        var sent = new List<double>();
        for (var now = 0.0; now < 8; now = Math.Max(now, pacer.AdmitsAt(0, sent.Count, now)))
        {
            if (pacer.AdmitsAt(0, sent.Count, now) > now)
                continue;
            pacer.Admit(0, sent.Count, now);
            sent.Add(now);
        }

        Assert.InRange(sent.Count(at => at < 1), 5, 8);
        Assert.InRange(sent.Count(at => at < 8), 300, 1000);
    }

    /// <summary>A kind of quota that is wrong is refused again and again, and nothing else says so: there is one attempt in each window, and all of them look alike.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_window_that_holds_one_attempt_is_not_taken_for_something_else_for_long(int window)
    {
        var used = -1.0;
        var client = Client(latency: 2.7, now =>
        {
            var isAccepted = Math.Floor(now / window) > used;
            if (isAccepted)
                used = Math.Floor(now / window);
            var reset = Math.Ceiling(1000 * ((Math.Floor(now / window) + 1) * window - now)) / 1000;
            return new(isAccepted, Math.Ceiling(reset), Requests(1, remaining: 0, reset));
        });

        client.RunUntilAccepted(60);

        Assert.InRange(client.Refused, 0, 8);
    }

    /// <summary>Where refusals count too, they may take more than there is.</summary>
    [Fact]
    public void A_refusal_that_reports_an_overdrawn_bucket_is_followed_when_there_is_room_again()
    {
        const double Interval = 10;
        var full = 0.0;
        var client = Client(latency: 5, now =>
        {
            var isAccepted = full <= now;
            full = Math.Max(full, now) + Interval;
            return new(isAccepted, full - now - Interval, Requests(1, remaining: 1 - (long)Math.Ceiling((full - now) / Interval), full - now));
        });

        client.RunUntilAccepted(40);

        Assert.InRange(client.Refused, 1, 3);
        Assert.InRange(client.LastAcceptedAt, 39 * Interval, (39 + client.Refused) * Interval + 1);
    }

    /// <summary>Forty a second, one at a time, refusals count: reported in whole seconds it looks like one each second.</summary>
    [Fact]
    public void A_kind_that_only_refusals_contradicted_is_believed_again_at_last()
    {
        const double Interval = 1 / 40.0;
        var (random, full) = (new Random(1), 0.0);
        var client = new PacedClient(new Pacer(requestsPerMinute: null, tokensPerMinute: null), now =>
        {
            var wait = full - now;
            full = Math.Max(full, now) + Interval;
            return new(wait <= 0, Math.Ceiling(wait), Requests(1, remaining: (long)Math.Floor(1 - (full - now) / Interval + 1e-6), Math.Ceiling(full) - now));
        })
        {
            Latency = () => 3 + 5 * random.NextDouble(),
            RefusalLatency = () => 0.03 + 0.1 * random.NextDouble(),
        };

        client.RunUntil(1500);
        var before = client.Accepted;
        client.RunUntil(1800);

        Assert.InRange(client.Accepted - before, 0.5 * 300 * 40, 300 * 40);
    }

    /// <param name="latency">How long an accepted attempt takes; a refusal takes a tenth of a second.</param>
    private static PacedClient Client(double latency, Func<double, Decision> decide) =>
        new(new Pacer(requestsPerMinute: null, tokensPerMinute: null), decide) { Latency = () => latency, RefusalLatency = () => 0.1 };

    private static LlmRateInfo Requests(long limit, long remaining, double reset) => new() { RequestLimit = limit, RequestsRemaining = remaining, RequestsReset = TimeSpan.FromSeconds(reset) };

    private static void Answer(Pacer pacer, in Admission admission, bool reports, Random random, double now)
    {
        if (reports && random.Next(2) == 0)
            pacer.Observe(new LlmRateInfo { RequestLimit = random.Next(1, 40), RequestsRemaining = random.Next(0, 40), RequestsReset = TimeSpan.FromSeconds(Pick(random, Steps)) }, admission, now);
        if (random.Next(3) > 0)
            pacer.Answered(admission);
        else
            pacer.Refused(admission, Pick(random, RetryAfters), now);
    }

    private static Admission TakeOne(List<Admission> inFlight, Random random)
    {
        var index = random.Next(inFlight.Count);
        var admission = inFlight[index];
        inFlight.RemoveAt(index);
        return admission;
    }

    private static T Pick<T>(Random random, T[] values) => values[random.Next(values.Length)];
}
