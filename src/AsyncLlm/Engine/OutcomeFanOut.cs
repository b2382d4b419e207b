namespace AsyncLlm;

/// <summary>One outcome for every item that was started; a failure is an outcome too.</summary>
internal abstract class OutcomeFanOut<TSource, TResult>(
    ItemSource<TSource> items, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CallerContext caller,
    CancellationToken callerToken, CancellationToken enumeratorToken = default)
    : FanOut<TSource, TResult>(items, call, options, caller, timed: true, callerToken, enumeratorToken)
{
    private readonly Dictionary<int, (TSource Item, ItemRun Run)> _running = [];

    /// <summary>Takes an outcome. Called under the gate, never after <see cref="Publish"/>.</summary>
    protected abstract void Deliver(LlmOutcome<TSource, TResult> outcome);

    /// <summary>Every outcome has been delivered.</summary>
    protected abstract void Publish();

    protected override bool TryBegin(int index, TSource item, long started)
    {
        lock (Gate)
            return !Stop.IsStopped && _running.TryAdd(index, (item, new(started)));
    }

    protected override void OnStarted(int index, ItemRun run)
    {
        lock (Gate)
            if (_running.TryGetValue(index, out var running))
                _running[index] = (running.Item, run);
    }

    protected sealed override void Complete(int index, TSource item, ItemRun run, Task call)
    {
        var outcome = OutcomeOf(index, item, run, call);
        lock (Gate)
        {
            // Abandoned: its outcome has been delivered.
            if (!_running.Remove(index))
                return;
            Deliver(outcome);
        }
        if (outcome.Status is LlmOutcomeStatus.Canceled or LlmOutcomeStatus.NotStarted)
            return;
        var failed = outcome.Status == LlmOutcomeStatus.Failed;
        if (Options.StopWhen == LlmStopWhen.FirstCompleted || (failed && Options.StopWhen == LlmStopWhen.FirstFailed))
            Stop.Stop(StopReason.Group);
        Report(failed, run);
    }

    protected sealed override void Finish()
    {
        lock (Gate)
        {
            foreach (var (index, (item, run)) in _running)
                Deliver(OutcomeOf(index, item, run, call: null));
            _running.Clear();
        }
        Publish();
    }

    private LlmOutcome<TSource, TResult> OutcomeOf(int index, TSource item, ItemRun run, Task? call)
    {
        var duration = run.Duration(Options.TimeProvider);
        if (call is { IsCompletedSuccessfully: true })
            return new(item, index, Tasks.ResultOf<TResult>(call), run.Attempts, duration);
        var error = call is null ? null : FailureOf(Tasks.ErrorOf(call)!, run);
        // Many clients fail with anything but a cancellation when they are cancelled.
        if (error is not null && !Stop.IsStopped)
            return new(item, index, LlmOutcomeStatus.Failed, error, run.Attempts, duration);
        return run.Attempts == 0 ? new(item, index) : new(item, index, LlmOutcomeStatus.Canceled, Cancellation(error), run.Attempts, duration);
    }

    private Exception Cancellation(Exception? error) =>
        Stop.IsCancelledByCaller(out var token) ? new OperationCanceledException("The caller cancelled the group.", error, token)
        : Stop.Reason == StopReason.Clock ? DeadlinePassed(error)
        : error as OperationCanceledException ?? new OperationCanceledException("The group was stopped.", error, Stop.Token);
}
