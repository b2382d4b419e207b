namespace AsyncLlm;

/// <summary>What was believed of a quota when an attempt was admitted, to be compared with what its answer reports.</summary>
/// <param name="Level">What was left, the attempt taken off.</param>
/// <param name="Corrections">By how much reports had corrected that in all.</param>
/// <param name="Spent">What had been spent in all, the attempt included.</param>
/// <param name="Refused">What had been taken back in all, for attempts that were refused.</param>
internal readonly record struct QuotaMark(double Level, double Corrections, double Spent, double Refused);
