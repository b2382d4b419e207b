using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class IdentityTests
{
    [Fact]
    public void Every_caller_of_a_client_gets_the_same_throttle()
    {
        var client = new object();

        Assert.Same(LlmThrottle.For(client), LlmThrottle.For(client));
        Assert.Same(LlmThrottle.For(client), LlmThrottle.For(client, partition: null));
        Assert.Same(LlmThrottle.For(client, "gpt"), LlmThrottle.For(client, "gpt"));
    }

    [Fact]
    public void Another_client_or_partition_has_another_throttle_even_if_they_are_equal()
    {
        var (first, second) = (new Client("same"), new Client("same"));
        Assert.Equal(first, second);

        Assert.NotSame(LlmThrottle.For(first), LlmThrottle.For(second));
        Assert.NotSame(LlmThrottle.For(first), LlmThrottle.For(first, "gpt"));
        Assert.NotSame(LlmThrottle.For(first, "gpt"), LlmThrottle.For(first, "GPT"));
    }

    [Fact]
    public void An_attached_throttle_is_the_clients()
    {
        var (first, second, throttle) = (new object(), new object(), new LlmThrottle());
        LlmThrottle.Attach(first, throttle);
        LlmThrottle.Attach(first, throttle);
        LlmThrottle.Attach(second, throttle, "gpt");

        Assert.Same(throttle, LlmThrottle.For(first));
        Assert.Same(throttle, LlmThrottle.For(second, "gpt"));
        Assert.NotSame(throttle, LlmThrottle.For(second));
    }

    [Fact]
    public void A_client_has_one_throttle()
    {
        var client = new object();
        _ = LlmThrottle.For(client);

        ThrowsAtOnce<InvalidOperationException>(() => Do(() => LlmThrottle.Attach(client, new LlmThrottle())));
        LlmThrottle.Attach(client, new LlmThrottle(), "gpt");
    }

    [Fact]
    public void What_has_no_identity_is_refused()
    {
        ThrowsAtOnce<ArgumentNullException>("client", () => LlmThrottle.For(null!));
        ThrowsAtOnce<ArgumentException>("client", () => LlmThrottle.For("key"));
        ThrowsAtOnce<ArgumentException>("client", () => LlmThrottle.For(42));
        ThrowsAtOnce<ArgumentException>("client", () => LlmThrottle.For(default(CancellationToken)));
        ThrowsAtOnce<ArgumentException>("client", () => Do(() => LlmThrottle.Attach("key", new LlmThrottle())));
        ThrowsAtOnce<ArgumentNullException>("throttle", () => Do(() => LlmThrottle.Attach(new object(), null!)));
    }

    [Fact]
    public void A_throttle_lives_as_long_as_its_client_and_keeps_no_client_alive()
    {
        var (client, throttle) = Make();
        Collect();

        Assert.False(client.IsAlive);
        Assert.False(throttle.IsAlive);

        static (WeakReference, WeakReference) Make()
        {
            var client = new object();
            return (new(client), new(LlmThrottle.For(client)));
        }
    }

    [Fact]
    public Task A_throttle_that_was_used_keeps_nothing_alive() => Run(async () =>
    {
        var throttle = await UseOneAsync();
        await Task.Yield();
        Collect();

        Assert.False(throttle.IsAlive);

        static async Task<WeakReference> UseOneAsync()
        {
            var throttle = new LlmThrottle();
            await throttle.ExecuteAsync(async _ => await Task.Yield());
            return new(throttle);
        }
    });

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static object Do(Action action)
    {
        action();
        return action;
    }

    private sealed record Client(string Key);
}
