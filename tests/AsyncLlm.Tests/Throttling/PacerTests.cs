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

    /// <summary>Requests take differently long to the provider, so that no two reports agree when a window ends, or how long it is.</summary>
    [Theory]
    [InlineData(1, 150, 12)]
    [InlineData(10, 400, 12)]
    [InlineData(400, 4000, 60)]
    public void The_ends_of_windows_are_found_across_a_network(int limit, int attempts, int refused)
    {
        const int Window = 60;
        var (random, current, used) = (new Random(1), -1.0, 0);
        var client = new PacedClient(new Pacer(requestsPerMinute: null, tokensPerMinute: null), now =>
        {
            var arrival = now + 0.03 + 0.12 * Math.Pow(random.NextDouble(), 2);
            if (Math.Floor(arrival / Window) > current)
                (current, used) = (Math.Floor(arrival / Window), 0);
            var isAccepted = used < limit;
            if (isAccepted)
                used++;
            var reset = Math.Ceiling(1000 * (((current + 1) * Window) - arrival)) / 1000;
            return new(isAccepted, Math.Ceiling(reset), Requests(limit, limit - used, reset));
        })
        {
            Latency = () => 2 + 2 * random.NextDouble(),
            RefusalLatency = () => 0.1 + 0.1 * random.NextDouble(),
        };

        client.RunUntilAccepted(attempts);

        Assert.InRange(client.Refused, 0, refused);
        Assert.InRange(client.LastAcceptedAt, 0, (attempts / limit - 1) * Window + 12);
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
        Assert.InRange(client.LastAcceptedAt, 39 * Interval, (39 + client.Refused) * Interval + 40 * 0.05);
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

        client.RunUntil(2100);
        var before = client.Accepted;
        client.RunUntil(2400);

        Assert.InRange(client.Accepted - before, 0.5 * 300 * 40, 300 * 40);
    }

    /// <summary>What runs over while answers are on their way is not there when they come; and a part of an attempt is never reported.</summary>
    [Theory]
    [InlineData(0.723, 1.38, 2, 0.001)]
    [InlineData(0.714, 1.4, 3, 0.001)]
    [InlineData(0.606, 1.65, 19, 0.001)]
    [InlineData(0.541, 1.85, 4, 1)]
    public void A_bucket_of_one_attempt_and_a_part_is_sent_as_fast_as_it_refills(double interval, double burst, double latency, double grain)
    {
        const int Attempts = 333;
        for (var seed = 0; seed < 20; seed++)
        {
            var (random, bucket) = (new Random(seed), new Bucket(interval, burst, grain));
            var client = new PacedClient(new Pacer(requestsPerMinute: null, tokensPerMinute: null), bucket.Decide)
            {
                Latency = () => latency * (0.4 + 1.5 * random.NextDouble()),
                RefusalLatency = () => 0.05 + 0.05 * random.NextDouble(),
            };

            client.RunUntilAccepted(Attempts);

            // One that may have come too early makes the next ones a little late.
            Assert.True(client.Refused <= 6 && client.LastAcceptedAt < 1.05 * Attempts * interval + latency + 10 * grain, $"seed {seed}: {client.Refused} refused, {client.LastAcceptedAt} s");
        }
    }

    /// <summary>A bucket that was full at the start lacks only what was sent since.</summary>
    [Fact]
    public void Until_the_first_answer_comes_the_report_of_a_refusal_tells_the_rate()
    {
        var bucket = new Bucket(interval: 1.43, burst: 1.47, grain: 0.001);
        var client = Client(latency: 60, bucket.Decide);

        client.RunUntil(60);

        Assert.InRange(client.Accepted, 38, 42);
        Assert.InRange(client.Refused, 1, 2);
    }

    /// <summary>A report tells what was left when its attempt was admitted, not now.</summary>
    [Fact]
    public void Thousands_on_their_way_leave_each_report_with_its_own_attempt()
    {
        var (used, window, sent) = (0, 0.0, 0);
        var client = new PacedClient(new Pacer(requestsPerMinute: null, tokensPerMinute: null), now =>
        {
            (used, window) = Math.Floor(now / 60) == window ? (used, window) : (0, Math.Floor(now / 60));
            var isAccepted = used < 3000;
            used += isAccepted ? 1 : 0;
            var reset = Math.Ceiling(1000 * (60 * (window + 1) - now)) / 1000;
            return new(isAccepted, Math.Ceiling(reset), Requests(3000, 3000 - used, reset));
        })
        {
            Latency = () => sent++ < 10 ? 2 : 8,
            RefusalLatency = () => 0.1,
        };

        client.RunUntilAccepted(9000);

        Assert.InRange(client.Refused, 0, 30);
        Assert.InRange(client.LastAcceptedAt, 120, 124);
    }

    /// <summary>So small a bucket that most of it is kept back for what others take until the next report.</summary>
    [Theory]
    [InlineData(27, 0.167, 0.4, 3.5)]
    [InlineData(21, 0.15, 0.39, 4)]
    public void What_others_take_between_reports_is_kept_back(double burst, double interval, double share, double latency)
    {
        var (random, bucket) = (new Random(1), new Bucket(interval, burst, grain: 0.001));
        var next = 0.0;
        var client = new PacedClient(new Pacer(requestsPerMinute: null, tokensPerMinute: null), now =>
        {
            for (; next <= now; next -= Math.Log(1 - random.NextDouble()) * interval / share)
                bucket.Take(next);
            return bucket.Decide(now);
        })
        {
            Latency = () => latency * (0.5 + random.NextDouble()),
            RefusalLatency = () => 0.05,
        };

        client.RunUntilAccepted(1000);

        Assert.InRange(client.Refused, 0, 25);
        Assert.InRange(client.LastAcceptedAt, 0, 1.05 * 1000 * interval / (1 - share) + latency);
    }

    /// <summary>Who kept back what others took at their busiest would wait until most of it is whole.</summary>
    [Fact]
    public void Others_who_took_more_than_comes_back_do_not_hold_everything_up()
    {
        const double Interval = 0.1;
        var pacer = new Pacer(requestsPerMinute: null, tokensPerMinute: null);
        for (var second = 0; second <= 60; second++)
        {
            var admission = pacer.Admit(0, 0, second);
            var missing = 400 + 10 * second;
            pacer.Observe(Requests(1000, 1000 - missing, missing * Interval), admission, second);
            pacer.Answered(admission);
        }

        var now = 60.0;
        while (pacer.AdmitsAt(0, 0, now) is var at && at > now)
            now = at;

        Assert.InRange(now, 60, 70);
    }

    /// <summary>Others on the limiter have not been refused, and it goes on giving permits.</summary>
    [Fact]
    public void With_a_shared_limiter_a_refusal_is_followed_by_the_pace_before()
    {
        var pacer = new Pacer(requestsPerMinute: null, tokensPerMinute: null, isShared: true);
        var (refused, sent) = (default(Admission), 0);
        for (var now = 0.0; now < 10; now += 1 / 15.0)
        {
            if (pacer.AdmitsAt(0, 0, now) > now)
                continue;
            refused = pacer.Admit(0, 0, now);
            sent++;
        }
        pacer.Refused(refused, retryAfter: 1, 10);
        var opens = pacer.AdmitsAt(0, 0, 10);
        for (var now = opens; now < opens + 1; now = Math.Max(now, pacer.AdmitsAt(0, 0, now)))
        {
            if (pacer.AdmitsAt(0, 0, now) <= now)
                pacer.Admit(0, 0, now);
        }

        Assert.InRange(sent, 140, 151);
        Assert.InRange(opens, 11, 11.1);
        Assert.InRange(pacer.Admitted - sent, 12, 20);
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

    /// <summary>Reports how many whole attempts are left, and in how many of so many seconds it is full.</summary>
    private sealed class Bucket(double interval, double burst, double grain)
    {
        private double _full;

        public void Take(double now) => _full = Math.Max(_full, now) + interval;

        public Decision Decide(double now)
        {
            var wait = _full - (burst - 1) * interval - now;
            if (wait <= 0)
                Take(now);
            var left = burst - Math.Max(0, _full - now) / interval;
            return new(wait <= 0, Math.Ceiling(Math.Max(0, wait)), Requests((long)burst, (long)Math.Floor(left + 1e-6), grain * Math.Ceiling(_full / grain - 1e-6) - now));
        }
    }

    private static T Pick<T>(Random random, T[] values) => values[random.Next(values.Length)];
}
