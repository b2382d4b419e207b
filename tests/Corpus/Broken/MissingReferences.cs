using OpenAI.Chat;
using Contoso.Missing;

class MissingReferences(ChatClient client, IMissing missing, Missing.Deep<string> deep) : NoSuchBase, INoSuchInterface
{
    public override Task<Undefined> RunAsync(Undefined value) => Task.WhenAll(value.Items.Select(item => missing.AskAsync(item, client.CompleteChatAsync(item))));

    Undefined this[int i] => client.CompleteChatAsync(i, i, i).Result;

    async IAsyncEnumerable<Undefined> Stream(CancellationToken ct)
    {
        await foreach (var update in deep.StreamAsync())
            yield return update;
        foreach (var update in client.CompleteChatStreaming(undefined))
            yield return client.NoSuchMember(update).GetAwaiter().GetResult();
    }
}
