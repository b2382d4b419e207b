using OpenAI.Chat;

class BoundedBySemaphore(ChatClient client)
{
    public async Task<string[]> SummarizeAsync(IEnumerable<string> texts, CancellationToken cancellationToken)
    {
        using var gate = new SemaphoreSlim(8);
        return await Task.WhenAll(texts.Select(async text =>
        {
            await gate.WaitAsync(cancellationToken);
            try
            {
                ChatCompletion answer = await client.CompleteChatAsync([text], cancellationToken: cancellationToken);
                return answer.Content[0].Text;
            }
            finally
            {
                gate.Release();
            }
        }));
    }
}
