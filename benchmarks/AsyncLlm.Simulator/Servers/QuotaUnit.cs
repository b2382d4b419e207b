namespace AsyncLlm.Simulator;

/// <summary>What a quota counts.</summary>
internal enum QuotaUnit
{
    Requests,
    Tokens,
}
