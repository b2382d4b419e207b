namespace AsyncLlm.Simulator;

/// <summary>One throttle with default options.</summary>
internal sealed class Ours : Policy
{
    private readonly bool _readsHeaders;
    private readonly double _estimate;
    private readonly Server _server;
    private readonly LlmThrottle _throttle;
    private readonly Sdk _sdk;

    public Ours(World world, bool readsHeaders)
    {
        _readsHeaders = readsHeaders;
        _estimate = world.Row.Estimate;
        _server = world.Server;
        _throttle = new(Options(world));
        _sdk = new(world.Server, world.Time, world.Row.SdkRetries);
    }

    /// <summary>The defaults, with room for what has to be in flight.</summary>
    public static LlmThrottleOptions Options(World world)
    {
        var options = new LlmThrottleOptions { TimeProvider = world.Time, Classify = ServerException.Classify };
        var inFlight = world.Row.RatePerSecond * world.Row.MeanLatency;
        if (world.Row.Server is ServerKind.FixedWindow or ServerKind.SlidingLog or ServerKind.SlidingCounter)
            inFlight = Math.Max(inFlight, world.Row.EffectiveBurst);
        if (inFlight > 1000)
            options.MaxConcurrency = (int)(2 * inFlight);
        return options;
    }

    public override Task SendAsync(int item)
        => _readsHeaders && _server.TokensOf(item) is > 0 and var tokens
            ? _throttle.ExecuteAsync(token => CallAsync(item, token), new LlmCost((int)Math.Ceiling(_estimate * tokens)), _ => tokens)
            : _throttle.ExecuteAsync(token => CallAsync(item, token));

    private async Task<Answer> CallAsync(int item, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _sdk.CallAsync(item, cancellationToken).ConfigureAwait(false);
            Report(answer.Rate);
            return answer;
        }
        catch (ServerException exception)
        {
            Report(exception.Rate);
            throw;
        }
    }

    private void Report(in LlmRateInfo rate)
    {
        if (_readsHeaders && !rate.IsEmpty)
            _throttle.Report(rate);
    }
}
