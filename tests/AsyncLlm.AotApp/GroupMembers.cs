using static AsyncLlm.AotApp.Calls;

namespace AsyncLlm.AotApp;

/// <summary>Groups of calls.</summary>
internal static class GroupMembers
{
    public static async Task UseAsync()
    {
        int[] items = [1, 2, 3];
        var throttle = new LlmThrottle();
        var options = new LlmBatchOptions
        {
            MaxConcurrency = 2,
            CallTimeout = TimeSpan.FromMinutes(1),
            Deadline = TimeSpan.FromMinutes(2),
            StopWhen = LlmStopWhen.AllCompleted,
            Progress = new Progress<LlmProgress>(),
            Throttle = throttle,
            TimeProvider = TimeProvider.System,
        };
        GC.KeepAlive((options.MaxConcurrency, options.CallTimeout, options.Deadline, options.StopWhen, options.Progress, options.Throttle, options.TimeProvider));

        await LlmTask.WhenAll(items, Ask, 2);
        await LlmTask.WhenAll(items, Ask, options);
        await LlmTask.WhenAll(items, Ask, throttle);
        await LlmTask.WhenAll(items, Work, 2);
        await LlmTask.WhenAll(items, Work, options);
        await LlmTask.WhenAll(items, Work, throttle);

        Use(await LlmTask.WhenAllSettled(items, Ask, 2));
        await LlmTask.WhenAllSettled(items, Ask, options);
        await LlmTask.WhenAllSettled(items, Ask, throttle);
        await LlmTask.WhenAllSettled(items, Work, 2);
        await LlmTask.WhenAllSettled(items, Work, options);
        await LlmTask.WhenAllSettled(items, Work, throttle);

        await DrainAsync(LlmTask.WhenEach(items, Ask, 2));
        await DrainAsync(LlmTask.WhenEach(items, Ask, options));
        await DrainAsync(LlmTask.WhenEach(items, Ask, throttle));
        await DrainAsync(LlmTask.WhenEach(items, Work, 2));
        await DrainAsync(LlmTask.WhenEach(items, Work, options));
        await DrainAsync(LlmTask.WhenEach(items, Work, throttle));
        await DrainAsync(LlmTask.WhenEach(StreamAsync(3), Ask, 2));
        await DrainAsync(LlmTask.WhenEach(StreamAsync(3), Ask, options));
        await DrainAsync(LlmTask.WhenEach(StreamAsync(3), Ask, throttle));
        await DrainAsync(LlmTask.WhenEach(StreamAsync(3), Work, 2));
        await DrainAsync(LlmTask.WhenEach(StreamAsync(3), Work, options));
        await DrainAsync(LlmTask.WhenEach(StreamAsync(3), Work, throttle));

        await LlmTask.WhenFirst([AskOnce, AskOnce]);

        await using (var group = new LlmTaskGroup(2))
        {
            GC.KeepAlive(await group.Run(AskOnce));
            await group.Run(WorkOnce);
            group.Cancel();
        }
        await using (new LlmTaskGroup(throttle))
        await using (new LlmTaskGroup(options))
            await Task.Yield();

        var path = Path.GetTempFileName();
        await using (var journal = LlmJournal<int, Answer>.Open(path, item => $"{item}", AnswerContext.Default.Answer))
        {
            await LlmTask.WhenAllSettled(items, async (item, cancellationToken) => new Answer(item, await AskAsync(item, cancellationToken)), journal);
            if (journal.Count != items.Length)
                throw new InvalidOperationException("The journal has not kept every result.");
        }
        File.Delete(path);
    }

    private static void Use(LlmOutcome<int, string>[] outcomes)
    {
        foreach (var outcome in outcomes)
        {
            outcome.TryGetResult(out var result);
            if (!outcome.IsSuccess || outcome.GetResult() != result || outcome.GetResultOrDefault() != result)
                throw new InvalidOperationException("A call has no result.");
            GC.KeepAlive((outcome.Attempts, outcome.Duration, outcome.Error, outcome.Index, outcome.Item, outcome.Status));
        }
    }
}
