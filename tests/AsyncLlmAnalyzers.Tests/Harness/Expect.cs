using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Harness;

internal static class Expect
{
    /// <summary>The test under test must fail; the words are looked for in our harness's message, since the official library says it otherwise.</summary>
    public static async Task FailsAsync(this AnalyzerTest<DefaultVerifier> test, params string[] words)
    {
        var failure = await Assert.ThrowsAnyAsync<SystemException>(() => test.RunAsync());
#if !OFFICIAL_TESTING
        Assert.All(words, word => Assert.Contains(word, failure.Message, StringComparison.Ordinal));
#endif
    }
}
