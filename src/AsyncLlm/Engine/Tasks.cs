namespace AsyncLlm;

internal static class Tasks
{
    /// <summary>Leaves the task to itself: its exception, if any, never reaches <see cref="TaskScheduler.UnobservedTaskException"/>.</summary>
    public static void Observe(this Task task)
    {
        if (!task.IsCompletedSuccessfully)
            _ = AwaitAsync(task);

        static async Task AwaitAsync(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The exception a completed task would throw; <see langword="null"/> when it succeeded.</summary>
    public static Exception? ErrorOf(Task task)
    {
        if (task.IsCompletedSuccessfully)
            return null;
        if (task.Exception is { } exception)
            return exception.InnerException;
        try
        {
            task.GetAwaiter().GetResult();
            return null;
        }
        catch (OperationCanceledException canceled)
        {
            return canceled;
        }
    }

    /// <summary>How a call failed while it was being cancelled; <see langword="null"/> when it was merely cancelled.</summary>
    /// <param name="cancellation">What became of it.</param>
    /// <param name="layers">How many of our own layers have put what it threw into a cancellation. What is inside one of the call's own is none of its failures.</param>
    /// <param name="throttled">The throttle's call, whose last failure may be inside: it was to be repeated.</param>
    public static Exception? LateFailure(OperationCanceledException cancellation, int layers, ThrottledCall? throttled)
    {
        Exception error = cancellation;
        for (var layer = 0; layer < layers && error is OperationCanceledException { InnerException: { } inner }; layer++)
            error = inner;
        return error is OperationCanceledException || error == throttled?.Failed?.LastError ? null : error;
    }

    /// <summary>The result of a task that succeeded; a plain <see cref="Task"/> has none.</summary>
    public static TResult ResultOf<TResult>(Task task) => task is Task<TResult> typed ? typed.GetAwaiter().GetResult() : default!;

    public static InvalidOperationException NullTask() => new("The call returned null instead of a task.");
}
