namespace AsyncLlm;

/// <summary>What the attempts after a certain one have spent; refunds are taken off the attempt they belong to.</summary>
internal sealed class SpentSince
{
    private double[] _units = new double[16];
    private long _first;
    private long _end;

    /// <summary>All of it.</summary>
    public double Sum { get; private set; }

    /// <param name="number">The how-manieth attempt it is; each is the next one.</param>
    /// <param name="most">How many are remembered at most.</param>
    public void Add(long number, double units, int most)
    {
        if (_first == _end)
            _first = number;
        else if (_end - _first >= most)
            Forget(_first);
        if (number - _first == _units.Length)
            Grow();
        _end = number + 1;
        Units(number) = units;
        Sum += units;
    }

    /// <summary>From now on only the attempts after this one count.</summary>
    public void Forget(long number)
    {
        for (; _first < _end && _first <= number; _first++)
            Sum -= Units(_first);
        if (_first == _end)
            Sum = 0;
    }

    public void Refund(long number, double units)
    {
        if (number < _first || number >= _end)
            return;
        Units(number) -= units;
        Sum -= units;
    }

    private void Grow()
    {
        var larger = new double[2 * _units.Length];
        for (var number = _first; number < _end; number++)
            larger[number % larger.Length] = Units(number);
        _units = larger;
    }

    private ref double Units(long number) => ref _units[number % _units.Length];
}
