namespace AsyncLlm.Simulator;

/// <summary>How clients get their items through a server.</summary>
internal abstract class Policy
{
    private static readonly Dictionary<string, Func<World, Policy>> Known = new()
    {
        ["blind"] = world => new Ours(world, readsHeaders: false),
        ["headers"] = world => new Ours(world, readsHeaders: true),
        ["limiter-x4"] = world => new OursOnSharedLimiter(world, limiterRate: 1, dies: false),
        ["limiter-x4-high"] = world => new OursOnSharedLimiter(world, limiterRate: 1.2, dies: false),
        ["limiter-x4-death"] = world => new OursOnSharedLimiter(world, limiterRate: 1, dies: true),
        ["unbounded"] = world => new Unbounded(world),
        ["semaphore"] = world => new SemaphoreOnly(world),
        ["semaphore-jitter"] = world => new SemaphoreAndBackoff(world, readsRetryAfter: false),
        ["semaphore-waits"] = world => new SemaphoreAndBackoff(world, readsRetryAfter: true),
        ["bucket"] = world => new Bucket(world, share: 1, processes: 1),
        ["bucket-high"] = world => new Bucket(world, share: 1.2, processes: 1),
        ["bucket-low"] = world => new Bucket(world, share: 0.8, processes: 1),
        ["bucket-x4"] = world => new Bucket(world, share: 1, processes: 4),
    };

    public static IEnumerable<string> Names => Known.Keys;

    public static Policy Create(string name, World world) => Known[name](world);

    public static bool IsOurs(string name) => IsShared(name) || name is "blind" or "headers";

    public static bool IsShared(string name) => name.StartsWith("limiter", StringComparison.Ordinal);

    /// <summary>Gets one item's answer; throws when the item is lost. All items are sent at once.</summary>
    public abstract Task SendAsync(int item);
}
