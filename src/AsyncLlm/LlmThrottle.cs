using System.Runtime.CompilerServices;

namespace AsyncLlm;

/// <summary>
/// Admits the calls of one quota: as fast as the provider allows, and no faster. It finds the pace by itself, from refusals and from
/// rate headers where it sees them, and repeats what is worth repeating.
/// </summary>
/// <remarks>
/// <para>Share one throttle among all callers of a quota, that is of one account and model: <see cref="For"/> gives every caller of a
/// client the same. Retrying each call for itself cannot fix a rate limit, because the others keep using it up.</para>
/// <para>A call that is refused (429) goes back to the head of the queue and holds no slot; it costs neither a retry nor budget, only
/// <see cref="LlmThrottleOptions.TotalTimeout"/> bounds it. Faults are repeated <see cref="LlmThrottleOptions.MaxRetries"/> times and within
/// <see cref="LlmThrottleOptions.RetryBudget"/>. After a 503 or 529, or three failed connections in a row, one probe at a time goes
/// through, every 1 to 30 seconds; what fails meanwhile costs no retry.</para>
/// <para>Exceptions are the call's own: when it is not repeated again, its last exception is thrown unchanged, with
/// <c>Data["AsyncLlm.RetryAfter"]</c> where the server said when to come back. Only the throttle's own clocks throw a
/// <see cref="TimeoutException"/>, the last failure inside. The caller's token wins over all of them.</para>
/// <para>Delegates run on the <see cref="SynchronizationContext"/> of the caller, or on the thread pool when there is none. An attempt that
/// does not end within one second of being cancelled is left behind.</para>
/// <para>A call made inside a call of the same throttle takes over its slot, so nesting does not deadlock: the outer call then no longer
/// holds one and is not repeated; further calls inside it queue like any other.</para>
/// <para>The client's own retries must be off (OpenAI: <c>RetryPolicy = new ClientRetryPolicy(0)</c>), else each attempt is several
/// requests of which the throttle sees the last.</para>
/// </remarks>
public sealed partial class LlmThrottle
{
    private static readonly ConditionalWeakTable<object, Dictionary<string, LlmThrottle>> Attached = [];

    private readonly ThrottleEngine _engine;

    /// <summary>Creates a throttle. It is one quota's: share it, do not make one per call.</summary>
    /// <param name="options">How it admits, repeats and ends calls; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="options"/> is out of its range.</exception>
    public LlmThrottle(LlmThrottleOptions? options = null)
    {
        _engine = new ThrottleEngine(LlmThrottleOptions.Checked(options ?? new()));
        Telemetry.Watch(_engine);
    }

    /// <summary>Finds the throttle that a client's requests go through anyway; set by an adapter once it has made such a client.</summary>
    internal static Func<object, LlmThrottle?>? BuiltIn { get; set; }

    internal LlmThrottleOptions Options => _engine.Options;

    /// <summary>
    /// Gets the throttle of a client: the one attached to it; else the one that its requests go through already, as with <c>UseThrottle</c> of AsyncLlm.OpenAI; else one
    /// with default options. It is the same for every caller.
    /// </summary>
    /// <param name="client">The client, or whatever stands for the quota. It is told from others by reference: a client built per call shares nothing.</param>
    /// <param name="partition">Tells several quotas of one client apart, e.g. a model's name; <see langword="null"/> for the client's only quota.</param>
    /// <returns>The throttle. It lives as long as the client.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="client"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="client"/> is a string or a value, which have no identity.</exception>
    public static LlmThrottle For(object client, string? partition = null)
    {
        var throttles = ThrottlesOf(client);
        lock (throttles)
        {
            if (!throttles.TryGetValue(partition ?? "", out var throttle))
                throttles.Add(partition ?? "", throttle = BuiltIn?.Invoke(client) ?? new LlmThrottle());
            return throttle;
        }
    }

    /// <summary>Gives a client a throttle, for its own options or because several clients use one account.</summary>
    /// <param name="client">The client.</param>
    /// <param name="throttle">What <see cref="For"/> returns for this client from now on.</param>
    /// <param name="partition">The quota of the client, as for <see cref="For"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="client"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="client"/> is a string or a value, which have no identity.</exception>
    /// <exception cref="InvalidOperationException">The client has another throttle already: attached, handed out by <see cref="For"/>, or its requests go through it.</exception>
    public static void Attach(object client, LlmThrottle throttle, string? partition = null)
    {
        ArgumentNullException.ThrowIfNull(throttle);
        var throttles = ThrottlesOf(client);
        lock (throttles)
        {
            var given = throttles.GetValueOrDefault(partition ?? "") ?? BuiltIn?.Invoke(client) ?? throttle;
            if (given != throttle)
                throw new InvalidOperationException("The client has another throttle already. Attach the throttle before the client is used.");
            throttles[partition ?? ""] = throttle;
        }
    }

    /// <summary>Runs a call when the quota allows it.</summary>
    /// <typeparam name="T">What the call returns.</typeparam>
    /// <param name="call">The call. It may run several times. It gets a token of its own for each attempt.</param>
    /// <param name="cancellationToken">Cancels the call wherever it is. It wins over timeouts and failures.</param>
    /// <returns>The result of the call.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="TimeoutException"><see cref="LlmThrottleOptions.AttemptTimeout"/>, <see cref="LlmThrottleOptions.TotalTimeout"/> or <see cref="LlmThrottleOptions.QueueTimeout"/> passed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the exception carries that token.</exception>
    public Task<T> ExecuteAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken = default) =>
        ExecuteAsync<T>(call, default, actualTokens: null, cancellationToken);

    /// <inheritdoc cref="ExecuteAsync{T}(Func{CancellationToken, Task{T}}, CancellationToken)"/>
    /// <returns>A task that ends with the call.</returns>
    public Task ExecuteAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken = default) =>
        RunAsync<ValueTuple>(call, default, actualTokens: null, isInPipeline: false, cancellationToken);

    /// <summary>Runs a call when the quota of requests and that of tokens allow it.</summary>
    /// <param name="estimate">The tokens it will take at most. They are reserved when it is admitted and given back when it fails.</param>
    /// <param name="actualTokens">Reads from the result how many tokens it took; the difference is given back. <see langword="null"/>: the estimate stands.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="estimate"/> is negative or more than <see cref="int.MaxValue"/> tokens.</exception>
    /// <inheritdoc cref="ExecuteAsync{T}(Func{CancellationToken, Task{T}}, CancellationToken)"/>
    public Task<T> ExecuteAsync<T>(Func<CancellationToken, Task<T>> call, LlmCost estimate, Func<T, int>? actualTokens = null, CancellationToken cancellationToken = default)
    {
        return RunAsync(call, Checked(estimate), actualTokens, isInPipeline: false, cancellationToken);
    }

    /// <summary>Runs a call when the quota allows it, and again only after a rate limit: for code that has timeouts and retries of its own, e.g. a Polly pipeline.</summary>
    /// <returns>The result of the call.</returns>
    /// <remarks>What else fails is thrown at once; the throttle learns from it all the same. Of the timeouts only <see cref="LlmThrottleOptions.QueueTimeout"/> counts.
    /// Put it inside the retries, so that each of them is admitted, and outside the timeout of an attempt, which then does not count the wait.</remarks>
    /// <exception cref="TimeoutException"><see cref="LlmThrottleOptions.QueueTimeout"/> passed.</exception>
    /// <inheritdoc cref="ExecuteAsync{T}(Func{CancellationToken, Task{T}}, CancellationToken)"/>
    public Task<T> PaceAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken = default) =>
        RunAsync<T>(call, default, actualTokens: null, isInPipeline: true, cancellationToken);

    /// <summary>Takes what a provider said about the quota. A handler of the HTTP client calls it for every answer.</summary>
    /// <param name="observed">What was said. Inside a call of this throttle it is known which attempt it answers.</param>
    public void Report(in LlmRateInfo observed) => _engine.Report(observed, Attempt.Current(_engine));

    /// <summary>Says what the throttle has done and where it stands.</summary>
    /// <returns>The numbers at this moment.</returns>
    public LlmThrottleStatistics GetStatistics() => _engine.GetStatistics();

    /// <summary>Starts a call of a group, which wants to know how it goes.</summary>
    internal ThrottledCall<T> Start<T>(Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        var started = new ThrottledCall<T>(_engine, call, default, actualTokens: null, isInPipeline: false, cancellationToken);
        started.RunAsync();
        return started;
    }

    internal Task<T> RunAsync<T>(
        Func<CancellationToken, Task> call, LlmCost estimate, Func<T, int>? actualTokens, bool isInPipeline, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<T>(cancellationToken)
            : new ThrottledCall<T>(_engine, call, estimate, actualTokens, isInPipeline, cancellationToken).RunAsync();
    }

    private static LlmCost Checked(LlmCost estimate) => estimate is { InputTokens: >= 0, OutputTokens: >= 0, Tokens: >= 0 }
        ? estimate
        : throw new ArgumentOutOfRangeException(nameof(estimate), estimate, "Tokens must not be negative, nor more than an Int32 holds together.");

    private static Dictionary<string, LlmThrottle> ThrottlesOf(object client)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (client is string or ValueType)
            throw new ArgumentException("A string or a value has no identity; pass the client itself.", nameof(client));
        return Attached.GetValue(client, static _ => []);
    }
}
