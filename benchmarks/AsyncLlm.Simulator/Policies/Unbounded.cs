namespace AsyncLlm.Simulator;

/// <summary>Everything at once, with the client library's retries.</summary>
internal sealed class Unbounded(World world) : Policy
{
    private readonly Sdk _sdk = new(world.Server, world.Time, SdkRetries.AtOnce);

    public override Task SendAsync(int item) => _sdk.CallAsync(item);
}
