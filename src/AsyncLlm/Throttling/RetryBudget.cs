namespace AsyncLlm;

/// <summary>Limits repetitions to a share of the calls: every call pays in a part of one, up to a reserve, every repetition takes one out.</summary>
/// <param name="share">The part a call pays in.</param>
internal sealed class RetryBudget(double share)
{
    private const double Start = 10;
    private const double Reserve = 100;

    private double _balance = share > 0 ? Start : 0;

    public void Deposit() => _balance = Math.Min(Reserve, _balance + share);

    public bool TryWithdraw()
    {
        if (_balance < 1)
            return false;
        _balance--;
        return true;
    }
}
