namespace AsyncLlm.Tests.Throttling;

/// <summary>How the pacer finds limits nobody reports; the simulator in benchmarks/ does the same on far more servers.</summary>
public sealed class BlindPacingTests
{
    private const double Minute = 60;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_sliding_window_is_used_up_to_its_end(bool tellsWhen)
    {
        var server = new SlidingWindow(50, Minute, tellsWhen);
        var client = new Client(new Pacer(null, null), server.Decide);

        client.RunUntil(5 * Minute);
        var (accepted, refused) = client.RunUntil(25 * Minute);

        Assert.InRange(accepted, 0.97 * 20 * 50, 20 * 50);
        Assert.InRange(refused, 0, 0.03 * accepted);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(100)]
    public void A_sliding_window_that_has_changed_is_found_again(int limit)
    {
        var server = new SlidingWindow(50, Minute, tellsWhen: true);
        var client = new Client(new Pacer(null, null), server.Decide);
        client.RunUntil(10 * Minute);

        server.Limit = limit;
        client.RunUntil(25 * Minute);
        var (accepted, refused) = client.RunUntil(40 * Minute);

        Assert.InRange(accepted, 0.9 * 15 * limit, 15 * limit);
        Assert.InRange(refused, 0, 0.1 * accepted);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(77)]
    [InlineData(120)]
    public void When_a_window_of_the_clock_opens_is_found_from_all_its_openings(int limit)
    {
        // Three quarters of the first one have passed when the first attempt comes.
        var counters = new int[30];
        var client = new Client(new Pacer(null, null), now =>
        {
            ref var counter = ref counters[(int)(now / Minute + 0.75)];
            return counter < limit ? (++counter > 0, null) : (false, null);
        });

        client.RunUntil(5.25 * Minute);
        var (accepted, refused) = client.RunUntil(23.25 * Minute);

        Assert.Equal(18 * limit, accepted);
        Assert.InRange(refused, 0, 18 * 3);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(130)]
    [InlineData(600)]
    public void The_rate_of_a_bucket_that_each_wait_fills_is_found_before_many_waits_are_paid_for(int perMinute)
    {
        // Five seconds fill it, each refusal says twenty: three quarters of a wait are lost.
        var (perSecond, size) = (perMinute / Minute, perMinute * 5 / Minute);
        var (held, at) = (size, 0.0);
        var client = new Client(new Pacer(null, null), now =>
        {
            (held, at) = (Math.Min(size, held + (now - at) * perSecond), now);
            return held < 1 ? (false, 20) : (--held >= 0, null);
        });

        client.RunUntil(3 * Minute);
        var (accepted, _) = client.RunUntil(10 * Minute);

        Assert.InRange(accepted, 0.94 * 7 * perMinute, 7 * perMinute + size);
    }

    [Fact]
    public void What_opens_for_much_less_than_it_held_at_first_is_not_taken_for_a_window_that_opens_seldom()
    {
        // Two counters of a minute, the last one fading out: used up at once, it gives back as much as fades each moment of the next minute.
        var counters = new int[100];
        var client = new Client(new Pacer(null, null), now =>
        {
            var (index, passed) = ((int)(now / Minute), now / Minute % 1);
            var last = index == 0 ? 0 : counters[index - 1];
            if (last * (1 - passed) + counters[index] + 1 > 1200)
                return (false, null);
            counters[index]++;
            return (true, null);
        });

        client.RunUntil(3 * Minute);
        var (accepted, _) = client.RunUntil(13 * Minute);

        Assert.InRange(accepted, 0.9 * 10 * 1200, 10.5 * 1200);
    }

    [Fact]
    public void A_trickle_after_a_flood_is_not_believed_for_long()
    {
        var (accepted, trickles) = (0, 0);
        var refill = 0.0;
        var client = new Client(new Pacer(null, null), now =>
        {
            if (now < Minute)
                return accepted < 600 || trickles++ % 2 == 1 ? (++accepted > 0, null) : (false, 0.3);
            refill = Math.Max(refill, now - 1) + 0.1;
            return refill <= now ? (true, null) : (false, refill - now);
        });

        client.RunUntil(4 * Minute);
        var (given, _) = client.RunUntil(6 * Minute);

        Assert.InRange(given, 0.8 * 1200, 1210);
    }

    [Fact]
    public void Requests_per_minute_stay_the_ceiling_of_a_limit_of_what_is_in_flight()
    {
        Client client = null!;
        client = new Client(new Pacer(requestsPerMinute: 600, null), _ => (client.InFlight < 5, null)) { Latency = 4 };
        client.RunUntil(10 * Minute);

        client.Latency = 0.1;
        client.RunUntil(15 * Minute);
        var (accepted, _) = client.RunUntil(25 * Minute);

        Assert.InRange(accepted, 5000, 6001);
    }

    private sealed class SlidingWindow(int limit, double seconds, bool tellsWhen)
    {
        private readonly Queue<double> _accepted = new();

        public int Limit { get; set; } = limit;

        public (bool IsAccepted, double? RetryAfter) Decide(double now)
        {
            while (_accepted.TryPeek(out var oldest) && oldest + seconds <= now)
                _accepted.Dequeue();
            if (_accepted.Count >= Limit)
                return (false, tellsWhen ? _accepted.ElementAt(_accepted.Count - Limit) + seconds - now : null);
            _accepted.Enqueue(now);
            return (true, null);
        }
    }

    /// <summary>Always has another call to send.</summary>
    private sealed class Client(Pacer pacer, Func<double, (bool IsAccepted, double? RetryAfter)> decide)
    {
        private const double RefusalLatency = 0.05;

        private readonly PriorityQueue<(Admission Admission, bool IsAccepted, double? RetryAfter), double> _answers = new();
        private double _now;
        private double _sent;

        /// <summary>Of an answer, in the mean: from half to one and a half of it, evenly.</summary>
        public double Latency { get; set; } = 1;

        /// <summary>How many of those that were accepted are not answered.</summary>
        public int InFlight => _answers.UnorderedItems.Count(static item => item.Element.IsAccepted);

        /// <summary>How many were accepted and refused until then, from now on.</summary>
        public (int Accepted, int Refused) RunUntil(double end)
        {
            var (accepted, refused) = (0, 0);
            while (true)
            {
                var at = pacer.AdmitsAt(0, _answers.Count, _now);
                var isAnswer = _answers.TryPeek(out _, out var answered) && answered <= at;
                var next = Math.Max(_now, isAnswer ? answered : at);
                if (next >= end)
                    return (accepted, refused);
                _now = next;
                if (isAnswer)
                    Answer();
                else if (Send())
                    accepted++;
                else
                    refused++;
            }
        }

        private bool Send()
        {
            var admission = pacer.Admit(0, _answers.Count, _now);
            var (isAccepted, retryAfter) = decide(_now);
            _answers.Enqueue((admission, isAccepted, retryAfter), _now + (isAccepted ? Latency * (0.5 + ++_sent * 0.618 % 1) : RefusalLatency));
            return isAccepted;
        }

        private void Answer()
        {
            var (admission, isAccepted, retryAfter) = _answers.Dequeue();
            if (isAccepted)
                pacer.Answered(admission);
            else
                pacer.Refused(admission, retryAfter, _now);
        }
    }
}
