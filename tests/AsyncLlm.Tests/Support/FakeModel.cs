namespace AsyncLlm.Tests.Support;

/// <summary>
/// A model whose answers the test gives: every call waits until the test answers or fails it.
/// </summary>
/// <param name="answered">What to do when the test has ended a call and everything that waited for it has run.</param>
/// <param name="answering">What to do before.</param>
internal sealed class FakeModel(Action? answered = null, Action? answering = null)
{
    private readonly object _gate = new();
    private readonly List<FakeCall> _calls = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];

    /// <summary>Whether calls end when their token is cancelled.</summary>
    public bool HonorsTokens { get; init; } = true;

    /// <summary>The calls in the order in which they started.</summary>
    public IReadOnlyList<FakeCall> Calls
    {
        get
        {
            lock (_gate)
                return [.. _calls];
        }
    }

    public IEnumerable<int> Started => Calls.Select(call => call.Prompt);

    public int Running => Calls.Count(call => !call.HasEnded);

    /// <summary>How many calls run and will until the test ends them.</summary>
    public int RunningOn => Calls.Count(call => !call.HasEnded && !(HonorsTokens && call.Token.IsCancellationRequested));

    public int Peak { get; private set; }

    public FakeCall this[int prompt] => Calls.Single(call => call.Prompt == prompt);

    public Task<string> AskAsync(int prompt, CancellationToken cancellationToken)
    {
        var call = new FakeCall(prompt, cancellationToken, answered, answering);
        lock (_gate)
        {
            _calls.Add(call);
            Peak = Math.Max(Peak, _calls.Count(other => !other.HasEnded));
            foreach (var (_, reached) in _waiting.Where(waiting => waiting.Count == _calls.Count))
                reached.SetResult();
        }
        if (HonorsTokens)
            cancellationToken.UnsafeRegister(static call => ((FakeCall)call!).OnCancelled(), call);
        return call.Task;
    }

    /// <summary>Waits until so many calls have started.</summary>
    public Task StartedAsync(int count)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_calls.Count >= count)
                return Task.CompletedTask;
            _waiting.Add((count, reached));
        }
        return reached.Task;
    }

    public static string AnswerTo(int prompt) => $"answer {prompt}";
}

internal sealed class FakeCall(int prompt, CancellationToken token, Action? answered, Action? answering)
{
    // Continuations run inside Answer, Fail and Cancel.
    private readonly TaskCompletionSource<string> _answer = new();

    public int Prompt => prompt;

    public CancellationToken Token => token;

    public Task<string> Task => _answer.Task;

    public bool HasEnded => Task.IsCompleted;

    public void Answer()
    {
        answering?.Invoke();
        _answer.SetResult(FakeModel.AnswerTo(prompt));
        answered?.Invoke();
    }

    public void Fail(Exception exception)
    {
        answering?.Invoke();
        _answer.SetException(exception);
        answered?.Invoke();
    }

    public void Cancel()
    {
        answering?.Invoke();
        _answer.SetCanceled(token);
        answered?.Invoke();
    }

    internal void OnCancelled() => _answer.TrySetCanceled(token);
}
