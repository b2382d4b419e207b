namespace AsyncLlm;

/// <summary>One outcome for every item that was started; a failure is an outcome too.</summary>
internal abstract class OutcomeFanOut<TSource, TResult>(
    ItemSource<TSource> items, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CallerContext caller,
    CancellationToken callerToken, CancellationToken enumeratorToken = default)
    : FanOut<TSource, TResult>(items, call, options, caller, timed: true, callerToken, enumeratorToken)
{
    private readonly Dictionary<int, (TSource Item, long Started)> _running = [];

    /// <summary>Takes an outcome. Called under the gate, never after <see cref="Publish"/>.</summary>
    protected abstract void Deliver(LlmOutcome<TSource, TResult> outcome);

    /// <summary>Every outcome has been delivered.</summary>
    protected abstract void Publish();

    protected override bool TryBegin(int index, TSource item, long started)
    {
        lock (Gate)
            return !Stop.IsStopped && _running.TryAdd(index, (item, started));
    }

    protected sealed override void Complete(int index, TSource item, long started, Task call)
    {
        var outcome = OutcomeOf(index, item, started, call);
        lock (Gate)
        {
            // Abandoned: its outcome has been delivered.
            if (!_running.Remove(index))
                return;
            Deliver(outcome);
        }
        if (outcome.Status == LlmOutcomeStatus.Canceled)
            return;
        var failed = outcome.Status == LlmOutcomeStatus.Failed;
        if (Options.StopWhen == LlmStopWhen.FirstCompleted || (failed && Options.StopWhen == LlmStopWhen.FirstFailed))
            Stop.Stop(StopReason.Group);
        Report(failed, started);
    }

    protected sealed override void Finish()
    {
        lock (Gate)
        {
            foreach (var (index, (item, started)) in _running)
                Deliver(OutcomeOf(index, item, started, call: null));
            _running.Clear();
        }
        Publish();
    }

    private LlmOutcome<TSource, TResult> OutcomeOf(int index, TSource item, long started, Task? call)
    {
        var duration = Options.TimeProvider.GetElapsedTime(started);
        if (call is { IsCompletedSuccessfully: true })
            return new(item, index, Tasks.ResultOf<TResult>(call), duration);
        var error = call is null ? null : Tasks.ErrorOf(call);
        return error is null || IsOwnCancellation(error)
            ? new(item, index, LlmOutcomeStatus.Canceled, Cancellation(error), duration)
            : new(item, index, LlmOutcomeStatus.Failed, error, duration);
    }

    private Exception Cancellation(Exception? error) =>
        Stop.IsCancelledByCaller(out var token) ? new OperationCanceledException("The caller cancelled the group.", error, token)
        : Stop.Reason == StopReason.Clock ? DeadlinePassed(error)
        : error ?? new OperationCanceledException("The group was stopped.", Stop.Token);
}
