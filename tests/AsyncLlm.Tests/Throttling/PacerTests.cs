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
