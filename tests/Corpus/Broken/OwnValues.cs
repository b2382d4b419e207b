using OpenAI.Chat;

class OwnValues(ChatClient client)
{
    async Task Gates(List<string> xs)
    {
        var gate = gate;
        SemaphoreSlim one = other, other = one;
        await Task.WhenAll(xs.Select(async x => { await gate.WaitAsync(); await one.WaitAsync(); await client.CompleteChatAsync(x); }));
    }

    async Task Items()
    {
        var xs = xs;
        await Many(xs);
    }

    private Task Many(IEnumerable<string> xs) => Task.WhenAll(xs.Select(x => client.CompleteChatAsync(x)));

    async Task<string> Tasks(List<string> xs)
    {
        var tasks = tasks.ToList();
        var (a, b) = (b, a);
        if (a is { } c && c is { } d)
            Console.WriteLine(d.Result);
        var answer = client.CompleteChatAsync("");
        await Task.WhenAll(tasks);
        return answer.Result.Value.Content[0].Text;
    }

    async Task Sources()
    {
        var cts = CancellationTokenSource.CreateLinkedTokenSource(cts.Token);
        var token = token;
        await client.CompleteChatAsync([""], cancellationToken: cts.Token);
        await client.CompleteChatAsync([""], cancellationToken: token);
    }
}
