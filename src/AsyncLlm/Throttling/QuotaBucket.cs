namespace AsyncLlm;

/// <summary>
/// The hypothesis that the quota is a bucket: between any two moments it was empty it gives what it refills in between, give or take one.
/// It holds for as many of the last of them as agree.
/// </summary>
internal sealed class QuotaBucket
{
    private const int Size = 16;
    // So many moments, and so much given between them, do not agree by chance.
    private const int Needed = 5;

    private readonly List<(double At, double Given)> _empty = new(Size);

    /// <summary>Whether it has given what was to be expected often enough.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>The bounds of its rate, per second.</summary>
    public double Least { get; private set; }

    public double Most { get; private set; }

    /// <param name="epoch">Between the last two moments it was empty.</param>
    public void Learn(in Epoch epoch)
    {
        if (_empty.Count == 0)
            _empty.Add(default);
        // The first one tells most: it stays.
        if (_empty.Count == Size)
            _empty.RemoveAt(1);
        _empty.Add((_empty[^1].At + epoch.Time, _empty[^1].Given + epoch.Admitted));
        (Least, Most) = (0, double.PositiveInfinity);
        for (var from = _empty.Count - 2; from >= 0; from--)
        {
            var (least, most) = (Least, Most);
            for (var to = from + 1; to < _empty.Count; to++)
            {
                var (time, given) = (_empty[to].At - _empty[from].At, _empty[to].Given - _empty[from].Given);
                (least, most) = (Math.Max(least, (given - 1) / time), Math.Min(most, (given + 1) / time));
            }
            if (least > most)
            {
                _empty.RemoveRange(0, from + 1);
                break;
            }
            (Least, Most) = (least, most);
        }
        IsKnown = _empty.Count >= Needed && _empty[^1].Given - _empty[0].Given >= Needed;
    }

    public void Forget()
    {
        IsKnown = false;
        _empty.Clear();
    }
}
