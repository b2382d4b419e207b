namespace AsyncLlm.Simulator;

/// <summary>A client library in front of a server, with or without retries of its own.</summary>
internal sealed class Sdk(Server server, VirtualTime time, SdkRetries retries)
{
    private const int MaxRetries = 3;
    private const double FirstDelay = 0.8;

    public async Task<Answer> CallAsync(int item, CancellationToken cancellationToken = default)
    {
        for (var retry = 0; ; retry++)
        {
            try
            {
                return await server.CallAsync(item, cancellationToken).ConfigureAwait(false);
            }
            catch (ServerException exception) when (retries != SdkRetries.Off && retry < MaxRetries)
            {
                var backoff = retries == SdkRetries.AtOnce ? 0 : FirstDelay * Math.Pow(2, retry);
                await time.DelayAsync(exception.Failure.RetryAfter?.Ticks ?? QuotaFactory.Ticks(backoff), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
