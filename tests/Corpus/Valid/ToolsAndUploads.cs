using System.Net.Http;
using Microsoft.Extensions.AI;

class ToolsAndUploads(IChatClient client, HttpClient http)
{
    public async Task<object?[]> CallToolsAsync(IReadOnlyList<AIFunction> tools, CancellationToken cancellationToken) =>
        await Task.WhenAll(tools.Select(tool => tool.InvokeAsync(cancellationToken: cancellationToken).AsTask()));

    public async Task<byte[][]> DownloadAsync(IEnumerable<Uri> pictures, CancellationToken cancellationToken) =>
        await Task.WhenAll(pictures.Select(picture => http.GetByteArrayAsync(picture, cancellationToken)));

    public Task<ChatResponse> AskAsync(string text, CancellationToken cancellationToken) =>
        client.GetResponseAsync(text, cancellationToken: cancellationToken);
}
