using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;

class Streaming(IChatClient client)
{
    public async IAsyncEnumerable<string> TokensAsync(string text, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var update in client.GetStreamingResponseAsync(text, cancellationToken: cancellationToken))
            yield return update.Text;
    }

    public async Task<string> WholeAsync(string text, CancellationToken cancellationToken)
    {
        var whole = new StringBuilder();
        var stream = client.GetStreamingResponseAsync(text, cancellationToken: cancellationToken);
        await foreach (var update in stream)
            whole.Append(update.Text);
        return whole.ToString();
    }
}
