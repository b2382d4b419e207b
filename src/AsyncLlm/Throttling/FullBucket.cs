namespace AsyncLlm;

/// <summary>
/// The hypothesis that the quota is a bucket that is full whenever it opens, as one is that says to wait for longer than it takes to fill.
/// </summary>
/// <remarks>
/// When attempts were admitted is known, and so, for each rate it may refill with, what it held when it was used up. The rate is the one for
/// which that is the same each time.
/// </remarks>
internal sealed class FullBucket
{
    private const int Remembered = 12;
    // So many times, and so much given, do not agree by chance; once more, if those before did not.
    private const int Needed = 3;
    private const int NeededGiven = 40;
    // Bounds that are farther apart tell nothing.
    private const double LargestDoubt = 0.2;
    // What is left when one is refused.
    private const double Left = 1;
    private const double Step = 1.02;
    private const double SearchedRange = 1000;
    private const int Halvings = 16;

    private readonly List<Drain> _drains = new(Remembered);
    private Drain _last = new();
    private int _needed = Needed;

    /// <summary>Whether it has held the same often enough.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>The bounds of its rate, per second.</summary>
    public double Least { get; private set; }

    public double Most { get; private set; }

    /// <summary>What it holds.</summary>
    public double Size { get; private set; }

    /// <param name="closed">For how long it was closed, in seconds.</param>
    public void Open(double closed) => _last = new() { Closed = closed };

    public void Admit(double now) => _last.Admit(now);

    /// <param name="opened">How many were admitted since it opened.</param>
    public void Learn(double opened, double at)
    {
        if (_drains.Count == Remembered)
            _drains.RemoveAt(0);
        _drains.Add(_last);
        UsedUp(opened, at);
        IsKnown = false;
        while (_drains.Count >= Needed && !Search())
        {
            _drains.RemoveAt(0);
            _needed = Needed + 1;
        }
    }

    /// <summary>It turns out that it was used up at another time.</summary>
    public void UsedUp(double opened, double at) => (_last.Opened, _last.UsedUpAt) = (opened, at);

    private bool Search()
    {
        // It was drained faster than it refills.
        var fastest = _drains.Min(static d => d.Fastest);
        var (rate, spread) = (fastest, Spread(fastest));
        for (var candidate = fastest / Step; candidate > fastest / SearchedRange; candidate /= Step)
        {
            if (Spread(candidate) is var next && next < spread)
                (rate, spread) = (candidate, next);
        }
        var (from, to) = (rate / Step, rate * Step);
        for (var i = 0; i < Halvings && spread > Left; i++)
        {
            var (lower, upper) = (from + (to - from) / 3, to - (to - from) / 3);
            (from, to) = Spread(lower) < Spread(upper) ? (from, upper) : (lower, to);
            rate = 0.5 * (from + to);
            spread = Spread(rate);
        }
        if (spread > Left)
            return false;
        (Least, Most) = (Bound(rate, 1 / Step), Bound(rate, Step));
        Size = _drains.Max(d => d.Held(0.5 * (Least + Most)));
        IsKnown = _drains.Count >= _needed && _drains.Sum(static d => d.Opened) >= NeededGiven && 0.5 * Math.Log(Most / Least) < LargestDoubt
            && _drains.TrueForAll(d => Least * d.Closed >= Size);
        return true;
    }

    private double Bound(double rate, double factor)
    {
        var (inside, outside) = (rate, rate * factor);
        for (; Math.Abs(Math.Log(outside / rate)) < 2 * LargestDoubt && Spread(outside) <= Left; outside *= factor)
            inside = outside;
        for (var i = 0; i < Halvings; i++)
        {
            var middle = 0.5 * (inside + outside);
            (inside, outside) = Spread(middle) <= Left ? (middle, outside) : (inside, middle);
        }
        return inside;
    }

    // By how much what it held differs.
    private double Spread(double rate)
    {
        var (least, most) = (double.PositiveInfinity, 0d);
        foreach (var drain in _drains)
        {
            var held = drain.Held(rate);
            (least, most) = (Math.Min(least, held), Math.Max(most, held));
        }
        return most - least;
    }

    /// <summary>From when it opens until it is used up.</summary>
    private sealed class Drain
    {
        private const int Size = 64;

        // When they were admitted; one in so many, so that the memory is bounded.
        private readonly List<double> _times = new(Size);
        private int _every = 1;
        private long _admitted;

        public double Closed { get; init; }

        public double UsedUpAt { get; set; }

        public double Opened { get; set; }

        /// <summary>The fastest pace that used it up, per second.</summary>
        public double Fastest
        {
            get
            {
                var fastest = 0d;
                for (var index = 0; index < _times.Count && index * _every < Opened; index++)
                    fastest = Math.Max(fastest, (Opened - index * _every) / Math.Max(1e-3, UsedUpAt - _times[index]));
                return fastest;
            }
        }

        public void Admit(double now)
        {
            if (_admitted++ % _every != 0)
                return;
            _times.Add(now);
            if (_times.Count < Size)
                return;
            for (var index = 0; index < Size / 2; index++)
                _times[index] = _times[2 * index];
            _times.RemoveRange(Size / 2, Size / 2);
            _every *= 2;
        }

        /// <summary>What it held if that is its rate: by how much more was admitted than came back, since the time from which on it was never full.</summary>
        public double Held(double rate)
        {
            var held = 0d;
            for (var index = 0; index < _times.Count && index * _every < Opened; index++)
                held = Math.Max(held, Opened - index * _every - rate * (UsedUpAt - _times[index]));
            return held;
        }
    }
}
