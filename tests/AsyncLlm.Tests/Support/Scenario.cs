namespace AsyncLlm.Tests.Support;

internal static class Scenario
{
    /// <summary>Ends a test that waits for something that does not happen; none waits this long otherwise, however busy the machine.</summary>
    public static readonly TimeSpan Hung = TimeSpan.FromMinutes(2);

    /// <summary>Runs a test where console programs and servers run: on the pool, without the synchronization context of the test runner.</summary>
    public static Task Run(Func<Task> test) => Task.Run(test).WaitAsync(Hung);

    /// <summary>Asserts that a call throws itself, not through the task it would return.</summary>
    public static TException ThrowsAtOnce<TException>(Func<object> call)
        where TException : Exception
        => Assert.Throws<TException>(new Action(() => call()));

    public static void ThrowsAtOnce<TException>(string parameter, Func<object> call)
        where TException : ArgumentException
        => Assert.Equal(parameter, ThrowsAtOnce<TException>(call).ParamName);

    /// <summary>The exception of a task as it is, without awaiting turning it into another.</summary>
    public static async Task<Exception> FailureOf(Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await Assert.ThrowsAnyAsync<Exception>(() => task);
    }

    /// <summary>Asserts that a task was cancelled by the caller: the exception carries the caller's token.</summary>
    public static async Task AssertCancelledBy(CancellationToken token, Task task)
    {
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Equal(token, exception.CancellationToken);
        Assert.True(task.IsCanceled);
    }

    /// <summary>Collects garbage, from a stack of its own, until no more are alive than there may be.</summary>
    public static async Task<int> AliveAsync(IReadOnlyCollection<WeakReference> references, int atMost = 0)
    {
        for (var i = 0; i < 50 && references.Count(reference => reference.IsAlive) > atMost; i++)
        {
            await Task.Yield();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        return references.Count(reference => reference.IsAlive);
    }
}

/// <summary>A failure the tests recognise.</summary>
internal sealed class ModelException(string message) : Exception(message);
