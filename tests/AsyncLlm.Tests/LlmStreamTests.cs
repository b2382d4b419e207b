using System.Runtime.CompilerServices;
using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class LlmStreamTests : GroupTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstItem = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private readonly FakeStream _stream = new();
    private readonly FakeStream _stubborn = new() { HonorsTokens = false };
    private readonly List<int> _items = [];

    [Fact]
    public Task Items_that_come_in_time_pass_however_long_it_takes_together() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(_stream.WithTimeout(Idle, Clock)));
        for (var i = 0; i < 20; i++)
        {
            Advance(Idle - Tick);
            _stream.Give();
        }
        Advance(Idle - Tick);
        _stream.End();
        await loop;

        Assert.Equal(Enumerable.Range(0, 20), _items);
        Assert.False(_stream.Token.IsCancellationRequested);
        Assert.Equal(1, _stream.Disposals);
        Assert.Equal(0, Clock.LiveTimers);
    });

    [Fact]
    public Task An_item_that_does_not_come_in_time_cancels_the_stream_and_throws_TimeoutException() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(_stream.WithTimeout(Idle, Clock)));
        Advance(Idle / 2);
        _stream.Give();
        Advance(Idle - Tick);
        Assert.False(_stream.Token.IsCancellationRequested);
        Advance(Tick);

        var timeout = await Assert.ThrowsAsync<TimeoutException>(() => loop);
        Assert.Contains(Idle.ToString(), timeout.Message);
        Assert.IsAssignableFrom<OperationCanceledException>(timeout.InnerException);
        Assert.Equal([0], _items);
        Assert.Equal(1, _stream.Disposals);
        Assert.Equal(0, Clock.LiveTimers);
    });

    [Fact]
    public Task The_first_item_has_a_limit_of_its_own() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(_stream.WithTimeout(Idle, Clock, FirstItem)));
        Advance(FirstItem - Tick);
        _stream.Give();
        Advance(Idle - Tick);
        _stream.Give();
        Advance(Idle);

        Assert.Contains(Idle.ToString(), (await Assert.ThrowsAsync<TimeoutException>(() => loop)).Message);
        Assert.Equal([0, 1], _items);
    });

    [Fact]
    public Task A_first_item_that_comes_too_late_is_named_with_its_limit() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(_stream.WithTimeout(Idle, Clock, FirstItem)));
        Advance(FirstItem);

        Assert.Contains(FirstItem.ToString(), (await Assert.ThrowsAsync<TimeoutException>(() => loop)).Message);
    });

    [Fact]
    public Task A_shorter_limit_after_a_long_first_one_holds_at_once() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(_stream.WithTimeout(Idle, Clock, FirstItem)));
        Advance(Second);
        _stream.Give();
        Advance(Idle);

        await Assert.ThrowsAsync<TimeoutException>(() => loop);
    });

    [Fact]
    public Task The_time_of_the_loops_body_is_not_counted() => Run(async () =>
    {
        var body = new TaskCompletionSource();
        var loop = Start(() => ReadAsync(_stream.WithTimeout(Idle, Clock), () => body.Task));
        Advance(Idle / 2);
        _stream.Give();
        Advance(Idle * 3);
        body.SetResult();
        Advance(Idle - Tick);
        Assert.False(loop.IsCompleted);
        _stream.End();

        await loop;
        Assert.Equal([0], _items);
    });

    [Fact]
    public Task Items_that_are_there_at_once_read_no_clock_and_set_no_timer() => Run(async () =>
    {
        _stream.Give(1000);
        var loop = Start(() => ReadAsync(_stream.WithTimeout(Idle, Clock), () =>
        {
            Assert.Equal(0, Clock.LiveTimers);
            return Task.CompletedTask;
        }));
        _stream.End();
        await loop;

        Assert.Equal(1000, _items.Count);
    });

    [Fact]
    public Task A_stream_that_ignores_its_token_is_left_behind_one_second_later_and_disposed_when_its_item_comes() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(_stubborn.WithTimeout(Idle, Clock)));
        Advance(Idle);
        Assert.True(_stubborn.Token.IsCancellationRequested);
        Advance(Second - Tick);
        Assert.False(loop.IsCompleted);
        Advance(Tick);

        Assert.Null((await Assert.ThrowsAsync<TimeoutException>(() => loop)).InnerException);
        Assert.Equal(0, _stubborn.Disposals);
        Assert.Equal(0, Clock.LiveTimers);
        _stubborn.Give();
        Assert.Equal(1, _stubborn.Disposals);
        Assert.False(_stubborn.WasDisposedWhileMoving);
        Assert.Empty(_items);
    });

    [Fact]
    public Task What_a_stream_that_was_left_behind_throws_disturbs_nobody() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(_stubborn.WithTimeout(Idle, Clock)));
        Advance(Idle);
        Advance(Second);
        await Assert.ThrowsAsync<TimeoutException>(() => loop);
        _stubborn.Fail(new ModelException("late"));

        Assert.Equal(1, _stubborn.Disposals);
    });

    [Fact]
    public Task A_stream_left_behind_whose_item_comes_before_the_loop_disposes_it_is_disposed_once() => Run(async () =>
    {
        var items = _stubborn.WithTimeout(Idle, Clock).GetAsyncEnumerator();
        var move = items.MoveNextAsync().AsTask();
        Advance(Idle);
        Advance(Second);
        await Assert.ThrowsAsync<TimeoutException>(() => move);
        _stubborn.Give();
        Assert.Equal(0, _stubborn.Disposals);
        await Assert.ThrowsAsync<TimeoutException>(() => items.MoveNextAsync().AsTask());
        Assert.Equal(1, _stubborn.Moves);
        await items.DisposeAsync();
        await items.DisposeAsync();

        Assert.Equal(1, _stubborn.Disposals);
    });

    [Fact]
    public Task An_item_that_comes_while_the_stream_is_being_cancelled_is_given_and_the_timeout_follows() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(_stubborn.WithTimeout(Idle, Clock, FirstItem)));
        Advance(FirstItem);
        Advance(Second - Tick);
        _stubborn.Give();

        Assert.Contains(FirstItem.ToString(), (await Assert.ThrowsAsync<TimeoutException>(() => loop)).Message);
        Assert.Equal([0], _items);
        Assert.Equal(1, _stubborn.Moves);
        Assert.Equal(1, _stubborn.Disposals);
    });

    [Fact]
    public Task A_failure_that_comes_while_the_stream_is_being_cancelled_is_inside_the_TimeoutException() => Run(async () =>
    {
        var late = new ModelException("late");
        var loop = Start(() => ReadAsync(_stubborn.WithTimeout(Idle, Clock)));
        Advance(Idle);
        _stubborn.Fail(late);

        Assert.Same(late, (await Assert.ThrowsAsync<TimeoutException>(() => loop)).InnerException);
    });

    [Fact]
    public Task A_stream_that_ends_when_it_is_cancelled_does_not_pass_for_complete() => Run(async () =>
    {
        var stream = new FakeStream { EndsWhenCancelled = true };
        var loop = Start(() => ReadAsync(stream.WithTimeout(Idle, Clock)));
        Advance(Idle);

        await Assert.ThrowsAsync<TimeoutException>(() => loop);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_callers_token_and_that_of_the_loop_end_the_stream_with_themselves_inside(bool ofTheLoop) => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var stream = ofTheLoop ? _stream.WithTimeout(Idle, Clock) : _stream.WithTimeout(Idle, Clock, null, caller.Token);
        var loop = Start(() => ReadAsync(stream, null, ofTheLoop ? caller.Token : default));
        _stream.Give();
        caller.Cancel();

        await AssertCancelledBy(caller.Token, loop);
        Assert.Equal(1, _stream.Disposals);
        Assert.Equal(0, Clock.LiveTimers);
    });

    [Fact]
    public Task The_callers_token_wins_over_the_timeout_and_over_a_failure() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var loop = Start(() => ReadAsync(_stubborn.WithTimeout(Idle, Clock, null, caller.Token)));
        Advance(Idle);
        caller.Cancel();
        _stubborn.Fail(new ModelException("late"));

        await AssertCancelledBy(caller.Token, loop);
    });

    [Fact]
    public Task A_stream_that_ignores_the_callers_token_is_left_behind_too() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var loop = Start(() => ReadAsync(_stubborn.WithTimeout(Timeout.InfiniteTimeSpan, Clock, null, caller.Token)));
        caller.Cancel();
        await UntilAsync(() => Clock.LiveTimers == 1);
        Advance(Second);

        await AssertCancelledBy(caller.Token, loop);
        Assert.Equal(0, _stubborn.Disposals);
        _stubborn.End();
        Assert.Equal(1, _stubborn.Disposals);
    });

    [Fact]
    public Task A_token_cancelled_in_the_loops_body_ends_the_loop_before_the_next_item() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        _stream.Give(10);
        var loop = Start(() => ReadAsync(_stream.WithTimeout(Idle, Clock, null, caller.Token), () =>
        {
            caller.Cancel();
            return Task.CompletedTask;
        }));

        await AssertCancelledBy(caller.Token, loop);
        Assert.Equal([0], _items);
        Assert.Equal(1, _stream.Moves);
    });

    [Fact]
    public Task The_streams_own_failure_passes_unchanged_with_its_stack() => Run(async () =>
    {
        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(FailAsync().WithTimeout(Idle, Clock)));

        Assert.Contains(nameof(FailAsync), exception.StackTrace);
        Assert.Equal([0], _items);

        static async IAsyncEnumerable<int> FailAsync()
        {
            yield return 0;
            await Task.Yield();
            throw new ModelException("broken");
        }
    });

    [Fact]
    public Task A_stream_that_throws_at_once_leaves_nothing_behind() => Run(async () =>
    {
        await Assert.ThrowsAsync<ModelException>(() => ReadAsync(new ThrowingStream(atMove: false).WithTimeout(Idle, Clock)));
        await Assert.ThrowsAsync<ModelException>(() => ReadAsync(new ThrowingStream(atMove: true).WithTimeout(Idle, Clock)));
        Assert.Equal(0, Clock.LiveTimers);
    });

    [Fact]
    public Task Each_loop_is_an_enumeration_of_its_own() => Run(async () =>
    {
        var stream = new FakeSource(3).ItemsAsync().WithTimeout(Idle, Clock);
        await ReadAsync(stream);
        await ReadAsync(stream);

        Assert.Equal([0, 1, 2, 0, 1, 2], _items);
    });

    [Fact]
    public Task Leaving_the_loop_disposes_the_stream() => Run(async () =>
    {
        _stream.Give(10);
        await foreach (var item in _stream.WithTimeout(Idle, Clock))
            if (item == 2)
                break;

        Assert.Equal(1, _stream.Disposals);
    });

    [Fact]
    public Task A_stream_is_never_disposed_while_its_MoveNextAsync_runs() => Run(async () =>
    {
        var items = _stream.WithTimeout(Idle, Clock).GetAsyncEnumerator();
        var move = items.MoveNextAsync();
        await Assert.ThrowsAsync<NotSupportedException>(() => items.DisposeAsync().AsTask());
        _stream.Give();
        Assert.True(await move);
        await items.DisposeAsync();

        Assert.Equal(1, _stream.Disposals);
        Assert.False(_stream.WasDisposedWhileMoving);
    });

    [Fact]
    public Task Without_limits_no_timer_is_set() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(_stream.WithTimeout(Timeout.InfiniteTimeSpan, Clock)));
        Assert.Equal(0, Clock.LiveTimers);
        Advance(TimeSpan.FromDays(100));
        _stream.End();
        await loop;
    });

    [Fact]
    public Task Only_the_first_item_can_be_limited() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(_stream.WithTimeout(Timeout.InfiniteTimeSpan, Clock, FirstItem)));
        Advance(Second);
        _stream.Give();
        Advance(TimeSpan.FromDays(100));
        Assert.False(loop.IsCompleted);
        _stream.End();
        await loop;
    });

    [Fact]
    public Task The_clock_of_the_system_is_used_unless_another_is_given() => Run(() =>
        Assert.ThrowsAsync<TimeoutException>(() => ReadAsync(_stream.WithTimeout(TimeSpan.FromMilliseconds(1)))));

    [Fact]
    public Task Many_waits_under_a_real_clock_end_as_they_should() => Run(async () =>
    {
        var count = 0;
        await foreach (var _ in YieldingAsync(20_000).WithTimeout(TimeSpan.FromSeconds(20)))
            count++;

        Assert.Equal(20_000, count);

        static async IAsyncEnumerable<int> YieldingAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < count; i++)
            {
                if (i % 3 == 0)
                    await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                yield return i;
            }
        }
    });

    [Fact]
    public void Bad_arguments_throw_at_the_call()
    {
        var none = (IAsyncEnumerable<int>)null!;
        ThrowsAtOnce<ArgumentNullException>("source", () => none.WithTimeout(Idle));
        ThrowsAtOnce<ArgumentNullException>("timeProvider", () => _stream.WithTimeout(Idle, (TimeProvider)null!));
        foreach (var bad in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(-1), TimeSpan.FromMilliseconds(uint.MaxValue), TimeSpan.MaxValue })
        {
            ThrowsAtOnce<ArgumentOutOfRangeException>("idle", () => _stream.WithTimeout(bad));
            ThrowsAtOnce<ArgumentOutOfRangeException>("firstItem", () => _stream.WithTimeout(Idle, bad));
        }
        ThrowsAtOnce<ArgumentNullException>("source", () => none.CollectAsync(item => ""));
        ThrowsAtOnce<ArgumentNullException>("source", () => ((IAsyncEnumerable<string>)null!).CollectAsync());
        ThrowsAtOnce<ArgumentNullException>("text", () => _stream.CollectAsync(null!));
        Assert.Equal(0, _stream.Moves);
    }

    [Fact]
    public Task CollectAsync_joins_the_texts() => Run(async () =>
    {
        Assert.Equal("Hello, world", await TextsAsync("Hel", null, "lo, ", "", "world").CollectAsync());
        Assert.Equal("", await TextsAsync().CollectAsync());
        Assert.Equal("<0><2>", await new FakeSource(3).ItemsAsync().CollectAsync(item => item == 1 ? null : $"<{item}>"));
    });

    [Fact]
    public Task CollectAsync_reads_texts_where_its_caller_is() => Run(async () =>
    {
        SynchronizationContext? caller = null;
        var seen = new List<SynchronizationContext?>();
        var task = Start(() =>
        {
            caller = SynchronizationContext.Current;
            return _stream.CollectAsync(item =>
            {
                seen.Add(SynchronizationContext.Current);
                return $"{item}";
            });
        });
        _stream.Give();
        Advance(Second);
        _stream.Give();
        Advance(Second);
        _stream.End();

        Assert.Equal("01", await task);
        Assert.Equal([caller, caller], seen);
        Assert.NotNull(caller);
        Assert.Same(caller, _stream.MovedOn);
    });

    [Fact]
    public Task CollectAsync_ends_with_the_callers_token() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => _stream.CollectAsync(item => $"{item}", caller.Token));
        _stream.Give();
        Advance(Second);
        caller.Cancel();

        await AssertCancelledBy(caller.Token, task);
        await AssertCancelledBy(caller.Token, _stream.CollectAsync(item => "", caller.Token));
    });

    [Fact]
    public Task CollectAsync_throws_what_the_stream_or_the_text_throws() => Run(async () =>
    {
        var broken = new ModelException("broken");
        var task = Start(() => _stream.CollectAsync(item => $"{item}"));
        _stream.Fail(broken);

        Assert.Same(broken, await FailureOf(task));
        Assert.Same(broken, await FailureOf(new FakeSource(1).ItemsAsync().CollectAsync(_ => throw broken)));
    });

    private static async IAsyncEnumerable<string?> TextsAsync(params string?[] texts)
    {
        foreach (var text in texts)
        {
            await Task.Yield();
            yield return text;
        }
    }

    private async Task ReadAsync(IAsyncEnumerable<int> stream, Func<Task>? body = null, CancellationToken cancellationToken = default)
    {
        await foreach (var item in stream.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            _items.Add(item);
            if (body is not null)
                await body().ConfigureAwait(false);
        }
    }

    private sealed class ThrowingStream(bool atMove) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        public int Current => 0;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => atMove ? this : throw new ModelException("at once");

        public ValueTask<bool> MoveNextAsync() => throw new ModelException("at once");

        public ValueTask DisposeAsync() => default;
    }
}
