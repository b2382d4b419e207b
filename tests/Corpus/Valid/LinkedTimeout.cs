using OpenAI.Chat;

class LinkedTimeout(ChatClient client)
{
    public async Task<string?> AskAsync(string text, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            ChatCompletion answer = await client.CompleteChatAsync([text], cancellationToken: timeout.Token);
            return answer.Content[0].Text;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
