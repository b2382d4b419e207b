using System.Text.Json;
using System.Text.Json.Serialization;
using AsyncLlm.Tests.Support;
using static AsyncLlm.LlmOutcomeStatus;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class LlmJournalTests : GroupTests, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string FilePath => Path.Combine(_folder.FullName, "batch.journal");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public Task A_second_run_calls_only_for_what_has_no_result() => Run(async () =>
    {
        var asked = new List<int>();
        await using (var journal = Open())
        {
            var first = await LlmTask.WhenAllSettled(Enumerable.Range(0, 6), AskAsync, journal);
            Assert.Equal([Succeeded, Succeeded, Failed, Succeeded, Succeeded, Failed], first.Select(outcome => outcome.Status));
            Assert.Equal([1, 1, 1, 1, 1, 1], first.Select(outcome => outcome.Attempts));
            Assert.Equal(4, journal.Count);
        }
        asked.Clear();
        await using (var journal = Open())
        {
            Assert.Equal(4, journal.Count);
            var second = await LlmTask.WhenAllSettled(Enumerable.Range(1, 6), AskAsync, journal);
            Assert.Equal([1, 2, 3, 4, 5, 6], second.Select(outcome => outcome.Item));
            Assert.Equal([0, 1, 2, 3, 4, 5], second.Select(outcome => outcome.Index));
            Assert.Equal([Succeeded, Failed, Succeeded, Succeeded, Failed, Succeeded], second.Select(outcome => outcome.Status));
            Assert.Equal([0, 1, 0, 0, 1, 1], second.Select(outcome => outcome.Attempts));
            Assert.Equal("answer 4", second[3].GetResult());
        }
        Assert.Equal([2, 5, 6], asked.Order());

        async Task<string> AskAsync(int item, CancellationToken cancellationToken)
        {
            lock (asked)
                asked.Add(item);
            await Task.Yield();
            return item % 3 == 2 ? throw new ModelException("refused") : FakeModel.AnswerTo(item);
        }
    });

    [Fact]
    public Task A_batch_of_what_the_journal_has_calls_nothing() => Run(async () =>
    {
        await using var journal = Open();
        await LlmTask.WhenAllSettled([1, 2], AnswerAsync, journal);
        var again = await LlmTask.WhenAllSettled([2, 1], Model.AskAsync, journal, cancellationToken: new(canceled: true));

        Assert.Equal(["answer 2", "answer 1"], again.Select(outcome => outcome.GetResult()));
        Assert.Empty(Model.Calls);
    });

    [Theory]
    [InlineData("torn")]
    [InlineData("12345678 {\"key\":\"7\",\"result\":\"x\"}")]
    [InlineData("12345678 {\"key\":\"7\",\"result\":\"x\"}\n")]
    [InlineData("\0\0\0\0\0\0\n\0\0")]
    public Task A_torn_end_is_dropped_and_written_over(string torn) => Run(async () =>
    {
        await FillAsync(3);
        var whole = await File.ReadAllTextAsync(FilePath);
        await File.AppendAllTextAsync(FilePath, torn);
        await using (var journal = Open())
        {
            Assert.Equal(3, journal.Count);
            await LlmTask.WhenAllSettled([3], AnswerAsync, journal);
        }

        var lines = await File.ReadAllTextAsync(FilePath);
        Assert.StartsWith(whole, lines);
        Assert.Equal(5, lines.Split('\n')[..^1].Length);
        await using (var journal = Open())
            Assert.Equal(4, journal.Count);
    });

    [Fact]
    public Task A_file_cut_anywhere_opens_with_the_results_that_are_whole() => Run(async () =>
    {
        await FillAsync(2);
        var bytes = await File.ReadAllBytesAsync(FilePath);
        for (var length = 0; length <= bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(FilePath, bytes[..length]);
            await using var journal = Open();
            Assert.Equal(Math.Max(bytes[..length].Count(value => value == '\n') - 1, 0), journal.Count);
        }
    });

    [Fact]
    public Task Damage_before_the_end_is_told_and_nothing_is_changed() => Run(async () =>
    {
        await FillAsync(3);
        var text = await File.ReadAllTextAsync(FilePath);
        await File.WriteAllTextAsync(FilePath, text.Replace("answer 1", "answer 9"));

        Assert.Contains("Line 3", Assert.Throws<InvalidDataException>(Open).Message);
        Assert.Equal(text.Replace("answer 1", "answer 9"), await File.ReadAllTextAsync(FilePath));
    });

    [Fact]
    public Task Another_result_type_or_version_is_refused() => Run(async () =>
    {
        await FillAsync(1);
        var wrong = Assert.Throws<InvalidDataException>(() => LlmJournal<int, Summary>.Open(FilePath, Key, TestJson.Default.Summary));
        Assert.Contains("System.String", wrong.Message);
        Assert.Contains(nameof(Summary), wrong.Message);
        await using var journal = Open();
        Assert.Equal(1, journal.Count);
    });

    [Theory]
    [InlineData("Shopping list")]
    [InlineData("Shopping list\nMilk\n")]
    public Task A_file_that_is_no_journal_is_left_as_it_is(string text) => Run(async () =>
    {
        await File.WriteAllTextAsync(FilePath, text);

        Assert.Throws<InvalidDataException>(Open);
        Assert.Equal(text, await File.ReadAllTextAsync(FilePath));
    });

    [Fact]
    public Task Nobody_else_can_open_the_file() => Run(async () =>
    {
        var journal = Open();
        Assert.ThrowsAny<IOException>(Open);
        await journal.DisposeAsync();
        await journal.DisposeAsync();

        await Open().DisposeAsync();
    });

    [Fact]
    public Task Results_of_any_shape_take_one_line_and_come_back() => Run(async () =>
    {
        var text = "two\nlines, \"quotes\", \u2028 and 😀";
        await using (var journal = LlmJournal<string, Summary>.Open(FilePath, item => item, TestJson.Default.Summary))
            await LlmTask.WhenAllSettled([text, ""], (item, _) => Task.FromResult(new Summary(item, [1.5, 2])), journal);
        Assert.Equal(3, (await File.ReadAllLinesAsync(FilePath)).Length);

        await using (var journal = LlmJournal<string, Summary>.Open(FilePath, item => item, TestJson.Default.Summary))
        {
            var outcome = Assert.Single(await LlmTask.WhenAllSettled([text], (_, _) => Task.FromException<Summary>(new ModelException("called")), journal));
            Assert.Equal(text, outcome.GetResult().Text);
            Assert.Equal([1.5, 2], outcome.GetResult().Scores);
        }
    });

    [Fact]
    public Task Until_one_result_has_been_kept_one_call_runs_at_a_time() => Run(async () =>
    {
        await using var journal = Open();
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 4), Model.AskAsync, journal, new LlmBatchOptions { CallTimeout = TimeSpan.FromSeconds(10), TimeProvider = Clock }));
        Assert.Equal([0], Model.Started);
        Advance(TimeSpan.FromSeconds(9));
        Model[0].Fail(new ModelException("refused"));
        await UntilAsync(() => Model.Calls.Count == 2);
        // Those who wait their turn do not run into their timeout.
        Advance(TimeSpan.FromSeconds(9));
        Model.Calls[1].Answer();
        await UntilAsync(() => Model.Calls.Count == 4);
        Advance(TimeSpan.FromSeconds(9));
        foreach (var call in Model.Calls.Skip(2))
            call.Answer();
        await UntilAsync(() => task.IsCompleted);

        Assert.Equal([Failed, Succeeded, Succeeded, Succeeded], (await task).Select(outcome => outcome.Status));
    });

    [Fact]
    public Task A_type_that_cannot_be_read_back_costs_one_call() => Run(async () =>
    {
        var calls = 0;
        await using (var journal = LlmJournal<int, WriteOnly>.Open(FilePath, Key, TestJson.Default.WriteOnly))
        {
            var outcomes = await LlmTask.WhenAllSettled(Enumerable.Range(0, 5), (item, _) =>
            {
                Interlocked.Increment(ref calls);
                return Task.FromResult(WriteOnly.Of(item + 1));
            }, journal);
            // Which item gets there first is up to the pool.
            var paid = Assert.Single(outcomes, outcome => outcome.Status != NotStarted);
            Assert.Equal(Failed, paid.Status);
            Assert.Contains(nameof(WriteOnly), Assert.IsType<NotSupportedException>(paid.Error).Message);
        }

        Assert.Equal(1, calls);
        await using var reopened = LlmJournal<int, WriteOnly>.Open(FilePath, Key, TestJson.Default.WriteOnly);
        Assert.Equal(0, reopened.Count);
    });

    [Fact]
    public Task Keys_that_do_not_tell_items_apart_are_refused_before_the_first_call() => Run(async () =>
    {
        await using var journal = LlmJournal<int, string>.Open(FilePath, item => item < 0 ? null! : $"{item % 3}", TestJson.Default.String);
        ThrowsAtOnce<ArgumentException>("source", () => LlmTask.WhenAllSettled([0, 1, 3], Model.AskAsync, journal));
        ThrowsAtOnce<ArgumentException>("source", () => LlmTask.WhenAllSettled([0, -1], Model.AskAsync, journal));

        Assert.Empty(Model.Calls);
        await LlmTask.WhenAllSettled([0, 1, 2], AnswerAsync, journal);
    });

    [Fact]
    public Task A_key_that_cannot_be_written_and_found_again_is_refused_before_the_first_call() => Run(async () =>
    {
        string[] keys = ["whole 😀", "cut \ud83d", "\ude00 cut", "\ude00\ud83d"];
        await using var journal = LlmJournal<int, string>.Open(FilePath, item => keys[item], TestJson.Default.String);

        for (var cut = 1; cut < keys.Length; cut++)
            ThrowsAtOnce<ArgumentException>("source", () => LlmTask.WhenAllSettled([0, cut], Model.AskAsync, journal));
        Assert.Empty(Model.Calls);
        await LlmTask.WhenAllSettled([0], AnswerAsync, journal);
    });

    [Fact]
    public Task A_call_left_behind_before_one_result_was_kept_does_not_hold_up_the_next_batch() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        await using var journal = Open();
        var first = Start(() => LlmTask.WhenAllSettled([0, 1], Stubborn.AskAsync, journal, new LlmBatchOptions { TimeProvider = Clock }, caller.Token));
        caller.Cancel();
        await UntilAsync(() => Stubborn[0].Token.IsCancellationRequested);
        Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => first.IsCompleted);
        Assert.Equal([Canceled, NotStarted], (await first).Select(outcome => outcome.Status));

        var second = Start(() => LlmTask.WhenAllSettled([1, 2], AnswerAsync, journal));
        await UntilAsync(() => second.IsCompleted);
        Assert.Equal([Succeeded, Succeeded], (await second).Select(outcome => outcome.Status));
    });

    [Fact]
    public Task Nothing_is_written_behind_a_write_that_failed() => Run(async () =>
    {
        byte[] header = [.. "header"u8];
        var disk = new FullDisk(FilePath);
        await using (var file = JournalFile.Open(disk, header, (_, _) => { }))
        {
            await file.AppendAsync("first"u8);
            disk.Room = 70;
            await Assert.ThrowsAsync<IOException>(() => file.AppendAsync(new byte[100]));
            disk.Room = int.MaxValue;
            await Assert.ThrowsAsync<IOException>(() => file.AppendAsync("second"u8));
        }

        var lines = new List<int>();
        await using (JournalFile.Open(FilePath, header, (_, line) => lines.Add(line.Length)))
            Assert.Equal(["first".Length], lines);
    });

    [Fact]
    public Task One_batch_at_a_time_uses_a_journal() => Run(async () =>
    {
        await using var journal = Open();
        var first = Start(() => LlmTask.WhenAllSettled([0], Model.AskAsync, journal));
        ThrowsAtOnce<InvalidOperationException>(() => LlmTask.WhenAllSettled([1], Model.AskAsync, journal));
        Model[0].Answer();
        await first;

        await LlmTask.WhenAllSettled([1], AnswerAsync, journal);
        Assert.Equal(2, journal.Count);
    });

    [Fact]
    public Task Results_that_are_finished_at_the_same_time_share_a_write() => Run(async () =>
    {
        await using var journal = Open();
        await LlmTask.WhenAllSettled(Enumerable.Range(0, 2_000), AnswerAsync, journal, new LlmBatchOptions { MaxConcurrency = 500 });

        Assert.Equal(2_000, journal.Count);
        Assert.InRange(journal.Commits, 2, 1_000);
    });

    [Fact]
    public Task An_item_is_kept_before_it_is_reported_and_what_was_kept_counts_as_completed() => Run(async () =>
    {
        var reports = new List<(LlmProgress Progress, int Kept)>();
        await FillAsync(3);
        await using var journal = Open();
        await LlmTask.WhenAllSettled(Enumerable.Range(0, 10), AnswerAsync, journal, new LlmBatchOptions
        {
            Progress = new Report(progress => reports.Add((progress, journal.Count))),
        });

        Assert.Equal(Enumerable.Range(4, 7), reports.Select(report => report.Progress.Completed));
        Assert.All(reports, report => Assert.Equal(10, report.Progress.Total));
        Assert.All(reports, report => Assert.True(report.Kept >= report.Progress.Completed));
    });

    [Fact]
    public Task Cancelling_keeps_what_is_finished_for_the_next_run() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        await using (var journal = Open())
        {
            var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 3), Model.AskAsync, journal, cancellationToken: caller.Token));
            Model[0].Answer();
            await UntilAsync(() => Model.Calls.Count == 3);
            caller.Cancel();
            await UntilAsync(() => task.IsCompleted);
            Assert.Equal([Succeeded, Canceled, Canceled], (await task).Select(outcome => outcome.Status));
        }

        await using var next = Open();
        Assert.Equal(1, next.Count);
    });

    [Fact]
    public Task A_disposed_journal_takes_no_batch() => Run(async () =>
    {
        var journal = Open();
        await journal.DisposeAsync();

        ThrowsAtOnce<ObjectDisposedException>(() => LlmTask.WhenAllSettled([0], Model.AskAsync, journal));
    });

    [Fact]
    public Task A_journal_that_cannot_keep_results_any_more_lets_no_call_start() => Run(async () =>
    {
        await using var journal = Open();
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 4), Model.AskAsync, journal, new LlmBatchOptions { MaxConcurrency = 2 }));
        Model[0].Answer();
        await UntilAsync(() => Model.Calls.Count == 3);
        await journal.DisposeAsync();
        Model.Calls[1].Answer();
        Model.Calls[2].Answer();
        await UntilAsync(() => task.IsCompleted);

        Assert.Equal([Succeeded, Failed, Failed, NotStarted], (await task).Select(outcome => outcome.Status));
        Assert.Equal(3, Model.Calls.Count);
    });

    [Fact]
    public Task Calls_run_where_the_caller_is() => Run(async () =>
    {
        SynchronizationContext? caller = null;
        var seen = new List<SynchronizationContext?>();
        await using var journal = Open();
        var task = Start(() =>
        {
            caller = SynchronizationContext.Current;
            return LlmTask.WhenAllSettled(Enumerable.Range(0, 5), (item, _) =>
            {
                seen.Add(SynchronizationContext.Current);
                return Task.FromResult(FakeModel.AnswerTo(item));
            }, journal);
        });
        await UntilAsync(() => task.IsCompleted);

        Assert.Equal(5, seen.Count);
        Assert.All(seen, context => Assert.Same(caller, context));
    });

    [Fact]
    public Task Bad_arguments_throw_at_the_call() => Run(async () =>
    {
        ThrowsAtOnce<ArgumentException>("path", () => LlmJournal<int, string>.Open("", Key, TestJson.Default.String));
        ThrowsAtOnce<ArgumentNullException>("path", () => LlmJournal<int, string>.Open(null!, Key, TestJson.Default.String));
        ThrowsAtOnce<ArgumentNullException>("key", () => LlmJournal<int, string>.Open(FilePath, null!, TestJson.Default.String));
        ThrowsAtOnce<ArgumentNullException>("resultType", () => LlmJournal<int, string>.Open(FilePath, Key, null!));
        Assert.False(File.Exists(FilePath));
        await using var journal = Open();
        ThrowsAtOnce<ArgumentNullException>("source", () => LlmTask.WhenAllSettled(null!, Model.AskAsync, journal));
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmTask.WhenAllSettled([0], null!, journal));
        ThrowsAtOnce<ArgumentNullException>("journal", () => LlmTask.WhenAllSettled([0], Model.AskAsync, (LlmJournal<int, string>)null!));
        ThrowsAtOnce<ArgumentOutOfRangeException>("options", () => LlmTask.WhenAllSettled([0], Model.AskAsync, journal, new LlmBatchOptions { MaxConcurrency = 0 }));
    });

    [Fact]
    public Task A_throttle_repeats_what_is_refused_and_keeps_each_result_once() => Run(async () =>
    {
        var throttle = new LlmThrottle(new() { TimeProvider = Clock, MaxConcurrency = 1 });
        await using var journal = Open();
        var batch = LlmTask.WhenAllSettled([0, 1], Model.AskAsync, journal, new LlmBatchOptions { Throttle = throttle });
        await Model.StartedAsync(1);
        Model.Calls[0].Fail(Failures.RateLimited(TimeSpan.FromSeconds(3)));
        await UntilAsync(() => throttle.GetStatistics().Queued > 0);
        Assert.Equal(0, journal.Count);
        for (var number = 2; number <= 3; number++)
        {
            await UntilAsync(() =>
            {
                if (throttle.GetStatistics().Queued > 0)
                    Clock.Advance(TimeSpan.FromMilliseconds(100));
                return Model.Calls.Count >= number;
            });
            Model.Calls[^1].Answer();
        }

        Assert.Equal([Succeeded, Succeeded], (await batch).Select(outcome => outcome.Status));
        Assert.Equal((2, 3L, 1L), (journal.Count, throttle.GetStatistics().Admitted, throttle.GetStatistics().RateLimited));
        Assert.Equal((0, 0), (throttle.GetStatistics().InFlight, throttle.GetStatistics().Queued));
        var again = await LlmTask.WhenAllSettled([1, 0], Model.AskAsync, journal, new LlmBatchOptions { Throttle = throttle });
        Assert.Equal(["answer 1", "answer 0"], again.Select(outcome => outcome.GetResult()));
        Assert.Equal(3, throttle.GetStatistics().Admitted);
    });

    [Fact]
    public Task With_a_throttle_outcomes_and_progress_tell_of_attempts_and_of_the_wait_for_it() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var throttle = new LlmThrottle(new() { TimeProvider = Clock, MaxConcurrency = 1 });
        var reports = new List<LlmProgress>();
        var options = new LlmBatchOptions { Throttle = throttle, MaxConcurrency = 10, Progress = new Report(reports.Add), TimeProvider = Clock };
        await using var journal = Open();
        var other = throttle.ExecuteAsync(token => Model.AskAsync(-1, token));
        await Model.StartedAsync(1);
        var batch = LlmTask.WhenAllSettled(Enumerable.Range(0, 5), Model.AskAsync, journal, options, caller.Token);
        await UntilAsync(() => throttle.GetStatistics().Queued == 1);
        Clock.Advance(TimeSpan.FromSeconds(5));
        Model[-1].Answer();
        await other;
        await UntilStartedAsync(throttle, Model, 2);
        Model.Calls[^1].Fail(Failures.RateLimited(TimeSpan.FromSeconds(30)));
        await UntilStartedAsync(throttle, Model, 3);
        Clock.Advance(TimeSpan.FromSeconds(7));
        Model.Calls[^1].Answer();
        await UntilStartedAsync(throttle, Model, 4);
        // However many there are, one waits.
        await UntilAsync(() => throttle.GetStatistics().Queued == 1);
        caller.Cancel();
        var outcomes = await batch;

        Assert.Equal((Succeeded, 2), (outcomes[0].Status, outcomes[0].Attempts));
        Assert.Equal(7, outcomes[0].Duration.TotalSeconds, 0.1);
        // Which comes next is up to the pool.
        Assert.Equal((Canceled, 1), outcomes.Skip(1).Select(outcome => (outcome.Status, outcome.Attempts)).Single(outcome => outcome.Status == Canceled));
        Assert.All(outcomes.Skip(1).Where(outcome => outcome.Status != Canceled), outcome => Assert.Equal((NotStarted, 0), (outcome.Status, outcome.Attempts)));
        Assert.Equal(5, Assert.Single(reports).QueuedFor.TotalSeconds, 0.1);
    });

    private static string Key(int item) => $"{item}";

    private static async Task<string> AnswerAsync(int item, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return FakeModel.AnswerTo(item);
    }

    private LlmJournal<int, string> Open() => LlmJournal<int, string>.Open(FilePath, Key, TestJson.Default.String);

    private async Task FillAsync(int count)
    {
        await using var journal = Open();
        await LlmTask.WhenAllSettled(Enumerable.Range(0, count), AnswerAsync, journal, new LlmBatchOptions { MaxConcurrency = 1 });
    }

    /// <summary>A file on a disk that has no room any more.</summary>
    private sealed class FullDisk(string path) : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0)
    {
        public int Room { get; set; } = int.MaxValue;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer[..Math.Min(Room, buffer.Length)]);
            if (Room < buffer.Length)
                throw new IOException("No space left on device");
        }
    }

    private sealed class Report(Action<LlmProgress> report) : IProgress<LlmProgress>
    {
        void IProgress<LlmProgress>.Report(LlmProgress value) => report(value);
    }
}

internal sealed record Summary(string Text, double[] Scores);

/// <summary>As the response objects of client libraries: it can be written, and is empty when read back.</summary>
internal sealed class WriteOnly
{
    public int Value { get; private set; }

    public static WriteOnly Of(int value) => new() { Value = value };
}

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(Summary))]
[JsonSerializable(typeof(WriteOnly))]
[JsonSerializable(typeof(string))]
internal sealed partial class TestJson : JsonSerializerContext;
