using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class StreamAsyncTests : ThrottleTests
{
    private readonly FakeStream _stream = new();
    private int _opened;

    [Fact]
    public Task A_stream_yields_its_items_and_holds_its_slot_to_the_end() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var loop = Throttle.StreamAsync(Open(_stream)).GetAsyncEnumerator();
        Assert.Equal(0, Now.Admitted);
        _stream.Give(2);
        Assert.True(await loop.MoveNextAsync());
        Assert.True(await loop.MoveNextAsync());
        Assert.Equal(1, loop.Current);
        Assert.Equal(1, Now.InFlight);
        var end = loop.MoveNextAsync();
        _stream.End();

        Assert.False(await end);
        Assert.Equal((0, 1, 0), (Now.InFlight, Now.Succeeded, Now.Failed));
        Assert.Equal(1, _stream.Disposals);
    });

    [Fact]
    public Task An_empty_stream_ends_at_once() => Run(async () =>
    {
        Use(new());
        var all = CollectAsync(Throttle.StreamAsync(Open(_stream)));
        await MovingAsync(_stream);
        _stream.End();

        Assert.Empty(await all);
        Assert.Equal(0, Now.InFlight);
    });

    [Fact]
    public Task An_open_that_returns_null_fails_and_says_so() => Run(async () =>
    {
        var noStream = await FailureOf(CollectAsync(new LlmThrottle().StreamAsync<int>(_ => null!)));
        var noTask = await FailureOf(CollectAsync(new LlmThrottle().StreamAsync<IAsyncEnumerable<int>, int>(_ => null!)));

        Assert.Contains("null instead of a stream", Assert.IsType<InvalidOperationException>(noStream).Message);
        Assert.Contains("null instead of a task", Assert.IsType<InvalidOperationException>(noTask).Message);
    });

    [Fact]
    public Task Leaving_the_loop_early_disposes_the_stream_and_gives_back_the_slot() => Run(async () =>
    {
        Use(new());
        _stream.Give();
        await foreach (var _ in Throttle.StreamAsync(Open(_stream)))
            break;

        Assert.Equal((0, 1), (Now.InFlight, Now.Succeeded));
        Assert.Equal(1, _stream.Disposals);
    });

    [Fact]
    public Task A_stream_is_repeated_until_its_first_item() => Run(async () =>
    {
        Use(new());
        var streams = new[] { new FakeStream(), new FakeStream(), _stream };
        var all = CollectAsync(Throttle.StreamAsync(_ => streams[_opened++]));
        await MovingAsync(streams[0]);
        streams[0].Fail(Failures.RateLimited(TimeSpan.FromSeconds(1)));
        await UntilAdmittedAsync(2);
        await MovingAsync(streams[1]);
        streams[1].Fail(Failures.Transient());
        await UntilAdmittedAsync(3);
        await MovingAsync(_stream);
        _stream.Give();
        await MovingAsync(_stream);
        _stream.End();

        Assert.Equal([0], await all);
        Assert.All(streams, stream => Assert.Equal(1, stream.Disposals));
    });

    [Fact]
    public Task A_stream_is_not_repeated_after_its_first_item() => Run(async () =>
    {
        Use(new());
        var all = CollectAsync(Throttle.StreamAsync(Open(_stream)));
        await MovingAsync(_stream);
        _stream.Give();
        await MovingAsync(_stream);
        var failure = Failures.RateLimited();
        _stream.Fail(failure);

        Assert.Same(failure, await FailureOf(all));
        Assert.Equal((1, 0, 1, 0), (_opened, Now.InFlight, Now.Failed, Now.Succeeded));
    });

    [Fact]
    public Task The_timeouts_end_with_the_first_item() => Run(async () =>
    {
        Use(new() { AttemptTimeout = TimeSpan.FromSeconds(10), TotalTimeout = TimeSpan.FromSeconds(20) });
        var all = CollectAsync(Throttle.StreamAsync(Open(_stream)));
        await MovingAsync(_stream);
        _stream.Give();
        await MovingAsync(_stream);
        Clock.Advance(TimeSpan.FromHours(1));
        _stream.Give();
        await MovingAsync(_stream);
        _stream.End();

        Assert.Equal([0, 1], await all);
        Assert.False(_stream.Token.IsCancellationRequested);
    });

    [Fact]
    public Task The_attempt_timeout_covers_the_wait_for_the_first_item() => Run(async () =>
    {
        Use(new() { AttemptTimeout = TimeSpan.FromSeconds(10), MaxTimeoutRetries = 0 });
        var all = CollectAsync(Throttle.StreamAsync(Open(_stream)));
        await MovingAsync(_stream);
        Clock.Advance(TimeSpan.FromSeconds(10));

        await Assert.ThrowsAsync<TimeoutException>(() => all);
        Assert.Equal((1, false), (_stream.Disposals, _stream.WasDisposedWhileMoving));
    });

    public enum End
    {
        OfAttempt,
        OfTotal,
        ByCaller,
    }

    [Theory]
    [InlineData(End.OfAttempt)]
    [InlineData(End.OfTotal)]
    [InlineData(End.ByCaller)]
    public Task A_first_item_that_comes_after_the_end_of_its_attempt_is_not_given(End end) => Run(async () =>
    {
        Use(new()
        {
            AttemptTimeout = TimeSpan.FromSeconds(end == End.OfAttempt ? 10 : 60),
            TotalTimeout = TimeSpan.FromSeconds(end == End.OfTotal ? 10 : 60),
            MaxTimeoutRetries = 0,
        });
        var deaf = new FakeStream { HonorsTokens = false };
        using var caller = new CancellationTokenSource();
        var first = Throttle.StreamAsync(Open(deaf), caller.Token).GetAsyncEnumerator().MoveNextAsync().AsTask();
        await MovingAsync(deaf);
        if (end == End.ByCaller)
            caller.Cancel();
        else
            Clock.Advance(TimeSpan.FromSeconds(10));
        deaf.Give();

        if (end == End.ByCaller)
            await AssertCancelledBy(caller.Token, first);
        else
            await Assert.ThrowsAsync<TimeoutException>(() => first);
        Assert.Equal((1, 0, 1), (deaf.Disposals, Now.InFlight, Now.Failed));
    });

    [Fact]
    public Task A_stream_whose_first_item_came_too_late_is_opened_again() => Run(async () =>
    {
        Use(new() { AttemptTimeout = TimeSpan.FromSeconds(10) });
        var deaf = new FakeStream { HonorsTokens = false };
        var loop = Throttle.StreamAsync(_ => _opened++ == 0 ? deaf : _stream).GetAsyncEnumerator();
        var first = loop.MoveNextAsync().AsTask();
        await MovingAsync(deaf);
        Clock.Advance(TimeSpan.FromSeconds(10));
        deaf.Give();
        Assert.False(first.IsCompleted);
        await UntilAdmittedAsync(2);
        await MovingAsync(_stream);
        _stream.Give();

        Assert.True(await first);
        Assert.Equal((1, 2), (deaf.Disposals, _opened));
        Assert.False(_stream.Token.IsCancellationRequested);
        await loop.DisposeAsync();
    });

    [Fact]
    public Task A_stream_that_stalls_before_its_first_item_is_left_behind_and_disposed_when_it_moves() => Run(async () =>
    {
        Use(new() { AttemptTimeout = TimeSpan.FromSeconds(10), MaxTimeoutRetries = 0 });
        var deaf = new FakeStream { HonorsTokens = false };
        var all = CollectAsync(Throttle.StreamAsync(Open(deaf)));
        await MovingAsync(deaf);
        Clock.Advance(TimeSpan.FromSeconds(10));
        Clock.Advance(Grace);
        await Assert.ThrowsAsync<TimeoutException>(() => all);
        Assert.Equal((0, 0), (Now.InFlight, deaf.Disposals));
        deaf.Give();

        Assert.Equal((1, false), (deaf.Disposals, deaf.WasDisposedWhileMoving));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Either_token_of_the_caller_ends_the_stream_and_is_the_one_of_the_exception(bool ofEnumerator) => Run(async () =>
    {
        Use(new());
        using var caller = new CancellationTokenSource();
        using var enumerator = new CancellationTokenSource();
        var all = CollectAsync(Throttle.StreamAsync(Open(_stream), caller.Token), enumerator.Token);
        await MovingAsync(_stream);
        _stream.Give();
        await MovingAsync(_stream);
        var cancelled = ofEnumerator ? enumerator : caller;
        cancelled.Cancel();

        await AssertCancelledBy(cancelled.Token, all);
        Assert.Equal((0, 1), (Now.InFlight, Now.Failed));
        Assert.Equal((1, false), (_stream.Disposals, _stream.WasDisposedWhileMoving));
    });

    [Fact]
    public Task A_stream_that_stalls_is_left_behind_one_second_after_it_is_cancelled_and_disposed_when_it_moves() => Run(async () =>
    {
        Use(new());
        var deaf = new FakeStream { HonorsTokens = false };
        using var caller = new CancellationTokenSource();
        var all = CollectAsync(Throttle.StreamAsync(Open(deaf), caller.Token));
        await MovingAsync(deaf);
        deaf.Give();
        await MovingAsync(deaf);
        caller.Cancel();
        Clock.Advance(Grace - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, Now.InFlight);
        Clock.Advance(TimeSpan.FromMilliseconds(1));

        await AssertCancelledBy(caller.Token, all);
        Assert.Equal((0, 0), (Now.InFlight, deaf.Disposals));
        deaf.Fail(new ModelException("late"));
        Assert.Equal((1, false), (deaf.Disposals, deaf.WasDisposedWhileMoving));
    });

    [Fact]
    public Task A_stream_that_is_cancelled_between_its_items_is_not_asked_again() => Run(async () =>
    {
        Use(new());
        using var caller = new CancellationTokenSource();
        _stream.Give(2);
        var loop = Throttle.StreamAsync(Open(_stream), caller.Token).GetAsyncEnumerator();
        await loop.MoveNextAsync();
        caller.Cancel();

        await AssertCancelledBy(caller.Token, loop.MoveNextAsync().AsTask());
        Assert.Equal((1, 1, 0), (_stream.Moves, _stream.Disposals, Now.InFlight));
    });

    [Fact]
    public Task A_disposal_that_does_not_end_is_left_behind_one_second_later() => Run(async () =>
    {
        Use(new());
        var disposal = new TaskCompletionSource();
        var loop = Throttle.StreamAsync(_ => new SlowToDispose(disposal.Task)).GetAsyncEnumerator();
        await loop.MoveNextAsync();
        var left = loop.DisposeAsync().AsTask();
        Assert.False(left.IsCompleted);
        Clock.Advance(Grace);
        await left;

        Assert.Equal(0, Now.InFlight);
        disposal.SetException(new ModelException("late"));
    });

    [Fact]
    public Task What_opens_a_stream_asynchronously_is_disposed_after_it() => Run(async () =>
    {
        Use(new());
        var stream = new Owned();
        var all = await CollectAsync(Throttle.StreamAsync<Owned, int>(_ => Task.FromResult(stream)));

        Assert.Equal([7], all);
        Assert.True(stream.IsDisposed);
    });

    [Fact]
    public Task Each_loop_is_a_call_of_its_own() => Run(async () =>
    {
        Use(new());
        var stream = Throttle.StreamAsync(_ => Items());
        Assert.Equal([1, 2], await CollectAsync(stream));
        UntilIdle();
        Assert.Equal([1, 2], await CollectAsync(stream));

        Assert.Equal(2, Now.Admitted);

        static async IAsyncEnumerable<int> Items()
        {
            yield return 1;
            await Task.Yield();
            yield return 2;
        }
    });

    [Fact]
    public Task A_stream_runs_where_its_loop_does() => Run(async () =>
    {
        Use(new());
        var pump = new Pump();
        _stream.Give();
        var first = pump.Invoke(() =>
        {
            var loop = Throttle.StreamAsync<FakeStream, int>(async _ =>
            {
                await Task.Yield();
                return _stream;
            }).GetAsyncEnumerator();
            return loop.MoveNextAsync().AsTask();
        });
        while (!first.IsCompleted)
            pump.RunAll();

        Assert.True(await first);
        Assert.Same(pump, _stream.MovedOn);
    });

    private Func<CancellationToken, IAsyncEnumerable<int>> Open(FakeStream stream) => token =>
    {
        _opened++;
        return stream;
    };

    private void UntilIdle() => Clock.Advance(TimeSpan.FromSeconds(1));

    private static async Task MovingAsync(FakeStream stream)
    {
        while (!stream.IsMoving)
            await Task.Yield();
    }

    private static async Task<List<int>> CollectAsync(IAsyncEnumerable<int> stream, CancellationToken cancellationToken = default)
    {
        var all = new List<int>();
        await foreach (var item in stream.WithCancellation(cancellationToken))
            all.Add(item);
        return all;
    }

    private sealed class Owned : IAsyncEnumerable<int>, IDisposable
    {
        public bool IsDisposed { get; private set; }

        public async IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            Assert.False(IsDisposed);
            yield return 7;
        }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class SlowToDispose(Task disposal) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        public int Current => 0;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(true);

        public ValueTask DisposeAsync() => new(disposal);
    }
}
