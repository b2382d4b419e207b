namespace AsyncLlm;

/// <summary>
/// One attempt of a call: its token, its task, and the mark by which a call made inside it, in the delegate or in anything the delegate
/// starts, knows where it is. The mark dies with the attempt.
/// </summary>
// Never disposed: an abandoned call may still hold the token, and without a timer or a link there is nothing to release.
internal class Attempt(ThrottledCall call) : CancellationTokenSource
{
    private static readonly AsyncLocal<Attempt?> Innermost = new();
    private static readonly TimeSpan NotReported = TimeSpan.FromTicks(-1);

    private volatile ThrottledCall? _call = call;
    private Attempt? _outer;
    private TimeSpan _reportedRetryAfter = NotReported;

    /// <summary>Of the delegate; <see langword="null"/> until it was called.</summary>
    public Task? Task { get; private set; }

    /// <summary>How long its answer asked to wait, told by whoever saw the headers.</summary>
    public TimeSpan? ReportedRetryAfter
    {
        get => _reportedRetryAfter < TimeSpan.Zero ? null : _reportedRetryAfter;
        set => _reportedRetryAfter = value ?? NotReported;
    }

    public ThrottledCall? Call => _call;

    /// <summary>The innermost attempt of a throttle's calls the code runs in.</summary>
    public static Attempt? Current(ThrottleEngine engine)
    {
        var attempt = Innermost.Value;
        while (attempt is not null && attempt._call?.Engine != engine)
            attempt = attempt._outer;
        return attempt;
    }

    /// <summary>Runs the call's delegate, unless the call has left this attempt behind.</summary>
    public void Start() => _call?.Start(this);

    /// <summary>Runs the delegate inside this attempt; the async locals are to be restored by whoever calls this.</summary>
    public void Run(Func<CancellationToken, Task> call)
    {
        Enter();
        try
        {
            Task = call(Token) ?? Task.FromException(Tasks.NullTask());
        }
        catch (Exception exception)
        {
            Task = Task.FromException(exception);
        }
    }

    /// <summary>From here on the code runs inside this attempt.</summary>
    public void Enter()
    {
        _outer = Innermost.Value;
        Innermost.Value = this;
        // Work that starts other work and does not wait for it must not make a chain that grows.
        for (var attempt = this; attempt is not null; attempt = attempt._outer)
            while (attempt._outer is { _call: null } dead)
                attempt._outer = dead._outer;
    }

    /// <summary>What <see cref="Run"/> leaves behind where nothing else restores the async locals.</summary>
    public void Leave() => Innermost.Value = _outer;

    /// <summary>The task has ended.</summary>
    public void OnEnded()
    {
        if (_call is { } call)
            call.OnEnded(this);
        else
            BeLate();
    }

    /// <summary>The task has ended when nobody waited for it any more.</summary>
    public virtual void BeLate() => Task!.Observe();

    public void Die() => _call = null;
}
