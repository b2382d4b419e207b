namespace AsyncLlm;

/// <summary>Random waits, so that callers who failed together do not come back together.</summary>
/// <param name="seed">The clock's reading: different in every process, and the same in two runs of a simulation.</param>
internal sealed class Backoff(long seed)
{
    private const double Base = 0.5;
    private const double Longest = 30;

    private readonly Random _random = new(unchecked((int)seed));

    /// <summary>Exponential backoff with full jitter: up to 0.5, 1, 2 .. 30 seconds.</summary>
    /// <seealso href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/"/>
    public double Next(int failures) => _random.NextDouble() * Math.Min(Longest, Base * Math.Pow(2, failures));

    /// <summary>A time, up to a fifth longer.</summary>
    public double Spread(double time) => time * (1 + 0.2 * _random.NextDouble());
}
