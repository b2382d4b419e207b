namespace AsyncLlm;

/// <summary>What was believed of both quotas when an attempt was admitted, and what its answer reported.</summary>
internal sealed class QuotaMarks(in QuotaMark requests, in QuotaMark tokens)
{
    private QuotaMark _requests = requests;
    private QuotaMark _tokens = tokens;

    public ref QuotaMark Requests => ref _requests;

    public ref QuotaMark Tokens => ref _tokens;
}

/// <summary>What was believed of a quota when an attempt was admitted.</summary>
/// <param name="Least">What was left, the attempt taken off; infinite while nothing is known.</param>
/// <param name="Bucket">What was left if it is a bucket, the attempt taken off.</param>
/// <param name="Corrections">By how much reports had corrected that in all.</param>
/// <param name="Overflown">How much more had come back in all than it holds.</param>
/// <param name="Spent">What had been spent in all, the attempt included.</param>
/// <param name="Refunds">How often something had been given back.</param>
/// <param name="Allowed">The kinds by which there was enough of it.</param>
/// <param name="Denied">The believed kinds by which there was not: the attempt finds out.</param>
internal record struct QuotaMark(double Least, double Bucket, double Corrections, double Overflown, double Spent, long Refunds, QuotaKinds Allowed, QuotaKinds Denied)
{
    /// <summary>What its answer reported.</summary>
    public QuotaReport? Report { get; set; }
}

/// <summary>A report, as of the admission of the attempt it answers.</summary>
/// <param name="At">When that was.</param>
/// <param name="Left">How much was left.</param>
/// <param name="WholeAt">When all of it is left again, if nothing more is spent.</param>
internal readonly record struct QuotaReport(double At, double Left, double WholeAt)
{
    public double WholeIn => WholeAt - At;
}
