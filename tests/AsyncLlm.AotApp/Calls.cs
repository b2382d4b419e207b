namespace AsyncLlm.AotApp;

/// <summary>Calls to give to the library.</summary>
internal static class Calls
{
    public static readonly Func<int, CancellationToken, Task<string>> Ask = AskAsync;

    public static readonly Func<int, CancellationToken, Task> Work = async (item, cancellationToken) => await AskAsync(item, cancellationToken);

    public static readonly Func<CancellationToken, Task<string>> AskOnce = cancellationToken => AskAsync(0, cancellationToken);

    public static readonly Func<CancellationToken, Task> WorkOnce = cancellationToken => Work(0, cancellationToken);

    [LlmCall]
    [LlmBounded]
    public static async Task<string> AskAsync(int item, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return $"answer to {item}";
    }

    public static async IAsyncEnumerable<int> StreamAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    public static async Task DrainAsync<T>(IAsyncEnumerable<T> stream)
    {
        await foreach (var item in stream)
            GC.KeepAlive(item);
    }
}
