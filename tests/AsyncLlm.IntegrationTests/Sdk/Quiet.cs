namespace AsyncLlm.IntegrationTests;

/// <summary>Waiting for what is not expected to happen.</summary>
internal static class Quiet
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(50);

    /// <summary>Counted in turns of the thread pool: a busy machine, on which everything takes longer, makes this longer too.</summary>
    public static async Task ForAsync(TimeSpan time)
    {
        for (var left = time / Turn; left > 0; left--)
            await Task.Delay(Turn);
    }
}
