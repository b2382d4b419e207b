using OpenAI.Chat;

class TimeoutsThatCancel(ChatClient client, SemaphoreSlim gate)
{
    public async Task<string?> FirstInTimeAsync(string text, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answer = AskAsync(text, stop.Token);
        if (await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(30), cancellationToken)) != answer)
        {
            await stop.CancelAsync();
            return null;
        }

        return await answer;
    }

    public async Task<string> PatientlyAsync(string text, CancellationToken cancellationToken)
    {
        var answer = AskAsync(text, cancellationToken);
        while (await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(1), cancellationToken)) != answer)
            Console.Write('.');
        return await answer;
    }

    public async Task<string> InTurnAsync(string text, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(TimeSpan.FromSeconds(30));
            return await AskAsync(text, timeout.Token);
        }
        finally
        {
            gate.Release();
        }
    }

    public Task<string> DirectAsync(string text, CancellationToken cancellationToken) => AskAsync(text, cancellationToken);

    private async Task<string> AskAsync(string text, CancellationToken cancellationToken)
    {
        ChatCompletion answer = await client.CompleteChatAsync([text], cancellationToken: cancellationToken);
        return answer.Content[0].Text;
    }
}
