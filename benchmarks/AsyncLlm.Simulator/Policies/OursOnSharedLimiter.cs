namespace AsyncLlm.Simulator;

/// <summary>Four processes with a throttle each, on one limiter; one of them may die in the middle, and the others take over its items.</summary>
internal sealed class OursOnSharedLimiter : Policy
{
    private readonly List<Process> _processes;
    private readonly TaskCompletionSource _death = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _dying;

    public OursOnSharedLimiter(World world, double limiterRate, bool dies)
    {
        var limiter = new VirtualLimiter(world.Time, world.Row.RatePerSecond * limiterRate);
        _processes = [.. Enumerable.Range(0, 4).Select(_ => new Process(world, limiter))];
        _dying = dies ? DieAsync(world) : Task.CompletedTask;
    }

    public override async Task SendAsync(int item)
    {
        var process = item % _processes.Count;
        var call = _processes[process].SendAsync(item);
        if (process > 0)
        {
            await call.ConfigureAwait(false);
            return;
        }

        if (await Task.WhenAny(call, _death.Task).ConfigureAwait(false) == call)
            await call.ConfigureAwait(false);
        else
            await _processes[1 + item / _processes.Count % (_processes.Count - 1)].SendAsync(item).ConfigureAwait(false);
    }

    private async Task DieAsync(World world)
    {
        await world.Time.DelayAsync(world.Optimum / 3).ConfigureAwait(false);
        _processes[0].Die();
        _death.SetResult();
    }

    private sealed class Process
    {
        private readonly World _world;
        private readonly MortalLimiter _limiter;
        private readonly LlmThrottle _throttle;
        private readonly Sdk _sdk;

        public Process(World world, VirtualLimiter limiter)
        {
            _world = world;
            _limiter = new(limiter);
            _sdk = new(world.Server, world.Time, world.Row.SdkRetries);
            var options = Ours.Options(world);
            options.RateLimiter = _limiter;
            _throttle = new(options);
        }

        public Task SendAsync(int item) => _throttle.ExecuteAsync(token => CallAsync(item, token));

        public void Die() => _limiter.Die();

        private async Task<Answer> CallAsync(int item, CancellationToken cancellationToken)
        {
            if (_limiter.IsDead)
                await _world.Time.DelayAsync(long.MaxValue, cancellationToken).ConfigureAwait(false);
            return await _sdk.CallAsync(item, cancellationToken).ConfigureAwait(false);
        }
    }
}
