namespace AsyncLlm.Simulator;

/// <summary>Random numbers that are pure functions of what they are for, so that no policy changes another one's luck.</summary>
internal static class Chance
{
    public enum Of { Latency, Refusal, Fault, Hang, Tokens, Tenant, Jitter, Row, Variation, Transit }

    /// <summary>Uniform in [0, 1).</summary>
    public static double Uniform(ulong seed, Of what, long first, long second = 0)
    {
        var mixed = Mix(Mix(Mix(seed + (ulong)what) + (ulong)first) + (ulong)second);
        return (mixed >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Lognormal around a median.</summary>
    public static double Lognormal(double median, double sigma, ulong seed, Of what, long first, long second = 0)
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(seed, what, first, second)));
        var angle = 2 * Math.PI * Uniform(seed ^ 0x5DEECE66D, what, first, second);
        return median * Math.Exp(sigma * radius * Math.Cos(angle));
    }

    public static ulong Mix(ulong value)
    {
        // SplitMix64
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
