namespace AsyncLlm.Simulator;

/// <summary>Fifty at a time, with the client library's retries.</summary>
internal sealed class SemaphoreOnly(World world) : Policy
{
    private readonly SemaphoreSlim _slots = new(50);
    private readonly Sdk _sdk = new(world.Server, world.Time, SdkRetries.AtOnce);

    public override async Task SendAsync(int item)
    {
        await _slots.WaitAsync().ConfigureAwait(false);
        try
        {
            await _sdk.CallAsync(item).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }
}
