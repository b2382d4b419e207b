namespace AsyncLlm;

/// <summary>
/// The rate that follows from when refusals said to come back: at each of these moments one more fits, so what was given between two of them
/// is what came back in between.
/// </summary>
/// <remarks>
/// Believed when it is the same several times although the waits were not: a wait that is always the same says nothing, and one that is
/// rounded up to a second lets more come back than a small quota holds.
/// </remarks>
internal sealed class PromisedRate
{
    private const int Needed = 3;
    private const double Precision = 0.05;
    // Clocks agree to so many seconds.
    private const double Resolution = 0.002;

    private readonly Queue<(double PerAttempt, double Wait, double Until)> _last = new(Needed);
    private double _until = double.NaN;

    /// <summary>Per second, and its relative error; or <see langword="null"/> while the promises do not agree.</summary>
    public (double Rate, double Doubt)? Learn(double given, double retryAfter, double now)
    {
        var time = now + retryAfter - _until;
        _until = now + retryAfter;
        if (!(time > 0 && given > 0))
            return null;
        if (_last.Count == Needed)
            _last.Dequeue();
        _last.Enqueue((time / given, retryAfter, _until));
        if (_last.Count < Needed)
            return null;
        var (longest, shortest) = (_last.Max(static l => l.PerAttempt), _last.Min(static l => l.PerAttempt));
        var doubt = (longest - shortest + (IsWhole(_last.Select(static l => l.Wait)) || IsWhole(_last.Select(static l => l.Until)) ? 1 / given : 0)) / longest;
        var isConstant = _last.Max(static l => l.Wait) - _last.Min(static l => l.Wait) < 2 * given * (longest - shortest);
        return doubt < Precision && !isConstant ? (Needed / _last.Sum(static l => l.PerAttempt), doubt) : null;
    }

    public void Forget()
    {
        _last.Clear();
        _until = double.NaN;
    }

    private static bool IsWhole(IEnumerable<double> seconds) => seconds.All(s => Math.Abs(Math.IEEERemainder(s - seconds.First(), 1)) < Resolution);
}
