using static AsyncLlm.AotApp.Calls;

namespace AsyncLlm.AotApp;

/// <summary>Timeouts, streams, pipelines, threads, semaphores.</summary>
internal static class HelperMembers
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static async Task UseAsync()
    {
        await LlmTimeout.RunAsync(AskOnce, Minute);
        await LlmTimeout.RunAsync(AskOnce, Minute, TimeProvider.System);
        await LlmTimeout.RunAsync(WorkOnce, Minute);
        await LlmTimeout.RunAsync(WorkOnce, Minute, TimeProvider.System);

        await DrainAsync(StreamAsync(3).WithTimeout(Minute));
        await DrainAsync(StreamAsync(3).WithTimeout(Minute, TimeProvider.System, Minute));
        await TextsAsync().CollectAsync();
        await StreamAsync(3).CollectAsync(item => $"{item}");

        await DrainAsync(LlmPipeline.RunAsync(StreamAsync(10), Ask, workers: 2, capacity: 1));

        using (var threads = new BlockingWork(1))
        {
            await threads.RunAsync(_ => 1);
            await threads.RunAsync(_ => { });
        }
        new BlockingWork(1).Dispose();
        await BlockingWork.Shared.RunAsync(_ => 1);

        using var gate = new SemaphoreSlim(1);
        var slot = await gate.EnterAsync();
        slot.Dispose();
    }

    private static async IAsyncEnumerable<string> TextsAsync()
    {
        await Task.Yield();
        yield return "text";
    }
}
