namespace AsyncLlm.Simulator;

/// <summary>A token bucket set to a share of the true rate, in one process or uncoordinated in several, with the client library's retries.</summary>
internal sealed class Bucket(World world, double share, int processes) : Policy
{
    private readonly Sdk _sdk = new(world.Server, world.Time, SdkRetries.AtOnce);
    private readonly List<VirtualLimiter> _limiters =
        [.. Enumerable.Range(0, processes).Select(_ => new VirtualLimiter(world.Time, world.Row.RatePerSecond * share, Math.Max(1, world.Row.RatePerSecond)))];

    public override async Task SendAsync(int item)
    {
        using var permit = await _limiters[item % processes].AcquireAsync().ConfigureAwait(false);
        await _sdk.CallAsync(item).ConfigureAwait(false);
    }
}
