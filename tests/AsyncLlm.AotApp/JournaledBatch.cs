using System.Text;
using System.Text.Json.Serialization;

namespace AsyncLlm.AotApp;

/// <summary>A batch that can be killed: it writes each payment to a ledger before it makes it, and how many items were reported as finished to its output.</summary>
internal static class JournaledBatch
{
    /// <param name="journalPath">Where the journal is.</param>
    /// <param name="ledgerPath">Where the payments are written.</param>
    /// <param name="count">How many items there are.</param>
    /// <param name="stopAt">Once so many are reported it stands still, to be killed; null for to the end.</param>
    public static async Task<int> RunAsync(string journalPath, string ledgerPath, int count, int? stopAt)
    {
        await using var ledger = new FileStream(ledgerPath, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        await using var journal = LlmJournal<int, Answer>.Open(journalPath, item => $"item {item}", AnswerContext.Default.Answer);
        var outcomes = await LlmTask.WhenAllSettled(Enumerable.Range(0, count), async (item, cancellationToken) =>
        {
            lock (ledger)
                ledger.Write(Encoding.ASCII.GetBytes($"{item}\n"));
            await Task.Yield();
            if (stopAt == 0)
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return new Answer(item, $"answer to {item}");
        }, journal, new LlmBatchOptions { MaxConcurrency = 8, Progress = new Output(stopAt) });
        return outcomes.All(outcome => outcome.IsSuccess && outcome.GetResult() == new Answer(outcome.Item, $"answer to {outcome.Item}")) ? 0 : 1;
    }

    private sealed class Output(int? stopAt) : IProgress<LlmProgress>
    {
        private readonly ManualResetEventSlim _killed = new();

        public void Report(LlmProgress value)
        {
            Console.Out.WriteLine(value.Completed);
            if (value.Completed >= stopAt)
                _killed.Wait();
        }
    }
}

internal sealed record Answer(int Number, string Text);

[JsonSerializable(typeof(Answer))]
internal sealed partial class AnswerContext : JsonSerializerContext;
