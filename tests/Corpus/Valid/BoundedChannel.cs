using System.Threading.Channels;
using OpenAI.Chat;

class BoundedChannel(ChatClient client)
{
    public async Task RunAsync(IAsyncEnumerable<string> texts, int workers, CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<string>(100);
        var consumers = Enumerable.Range(0, workers).Select(_ => ConsumeAsync(channel.Reader, cancellationToken)).ToArray();
        try
        {
            await foreach (var text in texts.WithCancellation(cancellationToken))
                await channel.Writer.WriteAsync(text, cancellationToken);
        }
        finally
        {
            channel.Writer.Complete();
        }

        await Task.WhenAll(consumers);
    }

    private async Task ConsumeAsync(ChannelReader<string> reader, CancellationToken cancellationToken)
    {
        await foreach (var text in reader.ReadAllAsync(cancellationToken))
        {
            ChatCompletion answer = await client.CompleteChatAsync([text], cancellationToken: cancellationToken);
            Console.WriteLine(answer.Content[0].Text);
        }
    }
}
