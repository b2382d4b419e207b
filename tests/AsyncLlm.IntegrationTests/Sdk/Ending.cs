using LocalLlm;

namespace AsyncLlm.IntegrationTests;

/// <summary>How a call to a server that misbehaves ended.</summary>
/// <param name="Arrivals">When its requests came, by the server's clock.</param>
/// <param name="Exception">What the caller catches.</param>
/// <param name="Text">What the caller had got by then.</param>
/// <param name="WasGivenUp">It had not ended by itself, and was cancelled.</param>
/// <param name="HeededCancel">It had ended by itself, or soon after that.</param>
internal sealed record Ending(IReadOnlyList<TimeSpan> Arrivals, Exception? Exception, string Text, bool WasGivenUp, bool HeededCancel)
{
    /// <summary>A client that is left between two reads drains the connection for 2 s first.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    /// <summary>How often the client tried: by its own count where it gathers its attempts, else by the server's.</summary>
    public int Attempts => Exception is AggregateException gathered ? gathered.InnerExceptions.Count : Arrivals.Count;

    /// <summary>Between each request and the next. A machine that is busy makes them longer, never shorter.</summary>
    public IReadOnlyList<TimeSpan> Gaps => [.. Arrivals.Zip(Arrivals.Skip(1), (earlier, later) => later - earlier)];

    /// <summary>Too many clients that start at the same time would take their own slowness for a timeout.</summary>
    private static readonly SemaphoreSlim Starting = new(4);

    /// <summary>Makes a call and sees how it ends.</summary>
    /// <param name="giveUp">Cancels the call when this completes.</param>
    public static async Task<Ending> OfAsync(Fault fault, Func<Uri, SdkClient> create, bool stream = false, Func<Progress, Task>? giveUp = null)
    {
        using var cancellation = new CancellationTokenSource();
        await Starting.WaitAsync();
        await using var server = await LocalLlmServer.StartAsync(new() { Faults = [fault] });
        var progress = new Progress(server);
        var client = create(server.BaseAddress);
        var call = Task.Run(() => stream ? progress.StreamAsync(client, cancellation.Token) : progress.CallAsync(client, cancellation.Token));
        await Task.WhenAny(call, server.WhenAsync(seen => seen.Requests > 0));
        Starting.Release();

        var wasGivenUp = await Task.WhenAny(call, giveUp?.Invoke(progress) ?? call) != call;
        if (wasGivenUp)
            await cancellation.CancelAsync();

        var hasEnded = await Task.WhenAny(call, Quiet.ForAsync(Soon)) == call;
        var exception = hasEnded ? await Record.ExceptionAsync(() => call) : null;
        return new([.. server.Requests.Select(request => request.Arrived)], exception, progress.Text, wasGivenUp, hasEnded);
    }

    internal sealed class Progress(LocalLlmServer server)
    {
        private readonly TaskCompletionSource streaming = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public LocalLlmServer Server => server;

        public string Text { get; private set; } = "";

        /// <summary>Completes when the client waits for the third token.</summary>
        public async Task StreamingAsync()
        {
            await streaming.Task;
            await Task.Delay(100);
        }

        public async Task CallAsync(SdkClient client, CancellationToken cancellationToken) => Text = await client.CallAsync("one two three", cancellationToken);

        public async Task StreamAsync(SdkClient client, CancellationToken cancellationToken)
        {
            await foreach (var piece in client.StreamAsync("one two three", cancellationToken))
            {
                Text += piece;
                if (Text.EndsWith("one ", StringComparison.Ordinal))
                    streaming.TrySetResult();
            }
        }
    }
}
