namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>The topics of the asyncio guide for LLM code that this project answers in C#, and the rules that answer them.</summary>
internal static class SeedTopics
{
    private static readonly (string Topic, int[] Rules)[] Topics =
    [
        ("Why async: sequential and concurrent calls", [1002, 1003]),
        ("Coroutines, `create_task`", [1011, 1012, 2004, 5006]),
        ("`gather`", [1001, 1009, 1010]),
        ("`gather(return_exceptions=True)`", [1004]),
        ("`wait` with a timeout, first completed, first exception", [1006, 3005, 3007]),
        ("`as_completed`", [1005]),
        ("`Semaphore`", [1001, 1007, 1008]),
        ("Retry with backoff and jitter", Range(4001, 4011)),
        ("Async generators, token streaming", [.. Range(5001, 5004), 5006]),
        ("Async context managers", [3009, 5005, 6001]),
        ("Queue pipeline, backpressure, poison pill", Range(6002, 6004)),
        ("Executor for synchronous and CPU-bound work", Range(2001, 2006)),
        ("Timeouts of one call and of a group", Range(3001, 3011)),
    ];

    public static IEnumerable<string> Of(string id) =>
        Topics.Where(topic => topic.Rules.Any(rule => id == $"ALLM{rule}")).Select(topic => topic.Topic);

    private static int[] Range(int first, int last) => [.. Enumerable.Range(first, last - first + 1)];
}
