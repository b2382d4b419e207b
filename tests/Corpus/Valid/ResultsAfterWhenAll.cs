using OpenAI.Chat;

class ResultsAfterWhenAll(ChatClient client)
{
    public async Task<string> CompareAsync(string left, string right, CancellationToken cancellationToken)
    {
        var first = client.CompleteChatAsync([left], cancellationToken: cancellationToken);
        var second = client.CompleteChatAsync([right], cancellationToken: cancellationToken);
        await Task.WhenAll(first, second);
        return first.Result.Value.Content[0].Text + second.Result.Value.Content[0].Text;
    }
}
