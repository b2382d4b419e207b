using System.Collections.Concurrent;
using OpenAI.Chat;

class ParallelWithOptions(ChatClient client)
{
    public async Task<IReadOnlyDictionary<string, string>> SummarizeAsync(IEnumerable<string> texts, CancellationToken cancellationToken)
    {
        var summaries = new ConcurrentDictionary<string, string>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = 5, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(texts, options, async (text, ct) =>
        {
            ChatCompletion answer = await client.CompleteChatAsync([text], cancellationToken: ct);
            summaries[text] = answer.Content[0].Text;
        });
        return summaries;
    }
}
