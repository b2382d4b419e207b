using System.ClientModel;
using OpenAI.Chat;

class RetryWithJitter(ChatClient client)
{
    public async Task<string> AskAsync(string text, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                ChatCompletion answer = await client.CompleteChatAsync([text], cancellationToken: cancellationToken);
                return answer.Content[0].Text;
            }
            catch (ClientResultException exception) when (exception.Status is 429 or >= 500 && attempt < 4)
            {
                var delay = TimeSpan.FromSeconds(Math.Pow(2, attempt) * (0.5 + Random.Shared.NextDouble()));
                await Task.Delay(delay, cancellationToken);
            }
        }
    }
}
