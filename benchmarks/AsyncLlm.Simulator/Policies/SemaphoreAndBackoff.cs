namespace AsyncLlm.Simulator;

/// <summary>Fifty at a time, each with ten retries of its own: exponential with full jitter, or as its Retry-After says.</summary>
internal sealed class SemaphoreAndBackoff(World world, bool readsRetryAfter) : Policy
{
    private const int MaxRetries = 10;
    private const double LongestBackoff = 60;

    private readonly SemaphoreSlim _slots = new(50);
    private readonly Sdk _sdk = new(world.Server, world.Time, SdkRetries.Off);

    public override async Task SendAsync(int item)
    {
        await _slots.WaitAsync().ConfigureAwait(false);
        try
        {
            for (var retry = 0; !await TryAsync(item, retry).ConfigureAwait(false); retry++)
            {
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<bool> TryAsync(int item, int retry)
    {
        try
        {
            await _sdk.CallAsync(item).ConfigureAwait(false);
            return true;
        }
        catch (ServerException exception) when (retry < MaxRetries)
        {
            var jitter = Chance.Uniform(world.Seed, Chance.Of.Jitter, item, retry) * Math.Min(LongestBackoff, Math.Pow(2, retry));
            await world.Time.DelayAsync(readsRetryAfter && exception.Failure.RetryAfter is { } asked ? asked.Ticks : QuotaFactory.Ticks(jitter)).ConfigureAwait(false);
            return false;
        }
    }
}
