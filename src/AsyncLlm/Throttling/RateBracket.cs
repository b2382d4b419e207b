namespace AsyncLlm;

/// <summary>
/// What is known of the rate at which a quota refills: at least what it gave between two moments when it was used up, at most the pace
/// that used it up. Each refusal narrows it, or moves it when the quota has changed.
/// </summary>
internal sealed class RateBracket
{
    // No server is so even that more precision would last.
    private const double LeastDoubt = 0.04;
    // A bound that is not confirmed fades, so that a quota that has shrunk is found.
    private const double Fading = 0.98;
    // Nearer to the upper end: to be a little too fast costs one refusal and is noticed, to be too slow is not.
    private const double Optimism = 0.7;

    // The quota has shrunk, or there is other traffic: at first no more is given up at once than TCP CUBIC does.
    private const double Decrease = 0.7;

    private double _low;
    private double _high = double.PositiveInfinity;

    /// <summary>The best guess, per second.</summary>
    public double Rate { get; private set; }

    /// <summary>The relative error of it.</summary>
    public double Doubt { get; private set; } = 1;

    /// <summary>Next to nothing is known: the bounds are more than four times apart.</summary>
    public bool IsOpen => Doubt > 0.7;

    public double Low => _low;

    public double High => _high;

    /// <summary>Nothing is known but this guess.</summary>
    public void Guess(double rate) => Rate = rate;

    /// <summary>Measured, to a relative error.</summary>
    public void Measure(double rate, double doubt)
    {
        Doubt = Math.Max(LeastDoubt, doubt);
        (Rate, _low, _high) = (rate, rate * (1 - Doubt), rate * (1 + Doubt));
    }

    /// <summary>Measured to be between two bounds; the best guess is that part of the way from the lower to the upper.</summary>
    public void Between(double least, double most, double part)
    {
        (_low, _high) = (least, most);
        Rate = least * Math.Pow(most / least, part);
        Doubt = Math.Max(LeastDoubt, 0.5 * Math.Log(most / least));
    }

    /// <summary>A window is paced as it refills; if it is none, the rate may be anything up to how fast it was used up.</summary>
    public void Window(double least, double most)
    {
        (_low, _high) = (least, Math.Max(least, most));
        Settle();
        Rate = least;
    }

    /// <summary>Used up at a pace it was believed to sustain.</summary>
    public void TooFast(double least, double most)
    {
        _low = Math.Max(Fading * _low, least);
        _high = Math.Min(_high, most);
        if (_low > _high)
            (_low, _high) = least > most ? (most, least) : (Math.Max(least, Decrease * most), most);
        Settle();
        // While next to nothing is known, halving what is unknown finds it soonest.
        if (Doubt > 0.5)
            Rate = Math.Sqrt(_low * _high);
    }

    /// <summary>Used up only when the pace was tested above what was believed, so that what was believed to be too fast is not.</summary>
    /// <param name="sharp">What it sustains at least if no more can have gathered than is known of; nearer than <paramref name="least"/> if that is little.</param>
    public void Tested(double least, double most, double sharp)
    {
        _low = Math.Max(Fading * _low, least);
        _high = Math.Max(_low, most);
        Settle();
        if (sharp > Rate)
            (Rate, Doubt) = (Math.Sqrt(sharp * most), Math.Max(LeastDoubt, 0.5 * Math.Log(most / sharp)));
    }

    private void Settle()
    {
        Rate = Math.Pow(_low, 1 - Optimism) * Math.Pow(_high, Optimism);
        Doubt = Math.Max(LeastDoubt, 0.5 * Math.Log(_high / _low));
    }
}
