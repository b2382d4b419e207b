using OpenAI.Chat;

class AsTheyComplete(ChatClient client)
{
    public async Task PrintAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        foreach (var page in texts.Chunk(10))
        {
            await foreach (var task in Task.WhenEach(page.Select(text => client.CompleteChatAsync([text], cancellationToken: cancellationToken))))
                Console.WriteLine((await task).Value.Content[0].Text);
        }
    }
}
