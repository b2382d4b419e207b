using OpenAI.Chat;

class HalfTyped(ChatClient client)
{
    async Task All(List<string> xs, CancellationToken ct)
    {
        await Task.WhenAll(xs.Select(x => client.
        var tasks = xs.Select(async x => await client.CompleteChatAsync(
        foreach (var x in tasks.Add(client.CompleteChatAsync(x))
        client.CompleteChatAsync().Result.
        Task.WaitAll(
        await foreach (var in client.CompleteChatStreamingAsync(
    }
