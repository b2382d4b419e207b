using AsyncLlm;
using OpenAI.Chat;

class RuntimeHelpers(ChatClient client)
{
    public Task<string[]> SummarizeAsync(IEnumerable<string> texts, CancellationToken cancellationToken) =>
        LlmTask.WhenAll(texts, SummarizeOneAsync, maxConcurrency: 10, cancellationToken);

    public async Task PrintAsync(IEnumerable<string> texts, CancellationToken cancellationToken)
    {
        await foreach (var outcome in LlmTask.WhenEach(texts, SummarizeOneAsync, maxConcurrency: 4, cancellationToken))
            Console.WriteLine(outcome.IsSuccess ? outcome.GetResult() : outcome.Error!.Message);
    }

    private async Task<string> SummarizeOneAsync(string text, CancellationToken cancellationToken)
    {
        ChatCompletion answer = await LlmTimeout.RunAsync(
            async ct => (await client.CompleteChatAsync([text], cancellationToken: ct)).Value, TimeSpan.FromSeconds(60), cancellationToken);
        return answer.Content[0].Text;
    }
}
