using System.Net;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.Extensions.AI;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>Retries of whatever fails, and what replaces them.</summary>
public class RetryReplacementRunTests() : RetryReplacementRun("ALLM4005")
{
    [Theory]
    [InlineData(
        "for (var i = 1; ; i++) { try { return (await CALL).Text; } catch ([|Exception|] e) when (i < 4) { log.WriteLine($\"{i}: {e.Message}\"); await Task.Delay(1, ct); } }",
        "return (await RUN MaxRetries = 3, BaseDelay = TimeSpan.FromMilliseconds(1), OnRetry = retry => log.WriteLine($\"{retry.Attempt}: {retry.Exception.Message}\") }, ct)).Text;")]
    [InlineData(
        "var tries = 0; while (true) { try { return (await CALL).Text; } catch ([|Exception|]) { if (++tries == 2) throw; log.Write(tries); await Task.Delay(1, ct); } }",
        "return (await RUN MaxRetries = 1, BaseDelay = TimeSpan.FromMilliseconds(1), OnRetry = retry => log.Write(retry.Attempt) }, ct)).Text;")]
    [InlineData(
        "Exception? last = null; for (var i = 0; i <= 2; i++) { try { return (await CALL).Text; } catch ([|Exception|] e) { last = e; await Task.Delay(1); } } throw last!;",
        "return (await RUN MaxRetries = 2, BaseDelay = TimeSpan.FromMilliseconds(1) }, ct)).Text;")]
    [InlineData(
        "ChatResponse? answer = null; var left = 5; while (answer is null) { try { answer = await CALL; } catch ([|Exception|]) when (--left > 0) { log.Write('.'); await Task.Delay(1, ct); } } return answer.Text;",
        "ChatResponse? answer = null; answer = await RUN MaxRetries = 4, BaseDelay = TimeSpan.FromMilliseconds(1), OnRetry = retry => log.Write('.') }, ct); return answer.Text;")]
    public Task Behaves_as_before(string loop, string replaced) => BehavesAsBeforeAsync(loop, replaced, Refused(HttpStatusCode.TooManyRequests));
}

/// <summary>Retries of some failures, and what replaces them: what they let through is not repeated.</summary>
public class FilteredRetryReplacementRunTests() : RetryReplacementRun("ALLM4003")
{
    [Theory]
    [InlineData(
        "for (var i = 1; ; i++) { try { return (await CALL).Text; } catch ([|HttpRequestException|] e) when (e.StatusCode == HttpStatusCode.TooManyRequests && i < 4) { await Task.Delay(1, ct); } }",
        "return (await RUN MaxRetries = 3, BaseDelay = TimeSpan.FromMilliseconds(1), Classify = error => error is HttpRequestException e && e.StatusCode == HttpStatusCode.TooManyRequests ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct)).Text;")]
    [InlineData(
        "for (var i = 1; ; i++) { try { return (await CALL).Text; } catch ([|HttpRequestException|] e) { if (e.StatusCode != HttpStatusCode.ServiceUnavailable || i == 3) throw; await Task.Delay(1, ct); } }",
        "return (await RUN MaxRetries = 2, BaseDelay = TimeSpan.FromMilliseconds(1), Classify = error => error is HttpRequestException e && e.StatusCode == HttpStatusCode.ServiceUnavailable ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct)).Text;")]
    [InlineData(
        "for (var i = 1; ; i++) { try { return (await CALL).Text; } catch (OperationCanceledException) { throw; } catch ([|Exception|]) when (i < 4) { await Task.Delay(1, ct); } }",
        "return (await RUN MaxRetries = 3, BaseDelay = TimeSpan.FromMilliseconds(1), Classify = error => error is not OperationCanceledException ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct)).Text;")]
    [InlineData(
        "for (var i = 1; ; i++) { try { return (await CALL).Text; } catch ([|Exception|] e) when (e is HttpRequestException && i < 4) { await Task.Delay(1, ct); } }",
        "return (await RUN MaxRetries = 3, BaseDelay = TimeSpan.FromMilliseconds(1), Classify = e => e is HttpRequestException ? LlmFailure.Classify(e) : new LlmFailure(LlmFailureKind.Permanent) }, ct)).Text;")]
    public Task Behaves_as_before(string loop, string replaced) => BehavesAsBeforeAsync(
        loop, replaced, Refused(HttpStatusCode.TooManyRequests), Refused(HttpStatusCode.ServiceUnavailable), attempt => new TaskCanceledException($"slow {attempt}"));
}

/// <summary>A retry and what replaces it are run against the same refusing client: as many attempts, the same answer or exception, the same log.</summary>
public abstract class RetryReplacementRun(string id) : FixTests(id)
{
    private const string Call = "client.GetResponseAsync(\"question\", cancellationToken: ct)";
    private const string Run = "LlmRetry.RunAsync(token => client.GetResponseAsync(\"question\", cancellationToken: token), new LlmRetryOptions { ";

    protected static Func<int, Exception> Refused(HttpStatusCode status) => attempt => new HttpRequestException($"refused {attempt}", null, status);

    /// <param name="loop">The retry, with <c>CALL</c> for the call.</param>
    /// <param name="replaced">What replaces it, with <c>RUN</c> for the helper up to its options.</param>
    /// <param name="failures">What the client throws at an attempt.</param>
    protected async Task BehavesAsBeforeAsync(string loop, string replaced, params Func<int, Exception>[] failures)
    {
        var (before, after) = (Code(loop.Replace("CALL", Call, StringComparison.Ordinal)), Code(replaced.Replace("RUN ", Run, StringComparison.Ordinal), "using AsyncLlm;\n"));
        await FixesAsync(before, after, withRuntime: true);

        var (old, @new) = (Load(before.Replace("[|", "", StringComparison.Ordinal).Replace("|]", "", StringComparison.Ordinal)), Load(after));
        foreach (var failure in failures)
        {
            foreach (var refusals in Enumerable.Range(0, 7))
                Assert.Equal(await RunAsync(old, refusals, failure), await RunAsync(@new, refusals, failure));
        }
    }

    private static async Task<(int Attempts, string Outcome, string Log)> RunAsync(Func<IChatClient, TextWriter, CancellationToken, Task<string>> code, int refusals, Func<int, Exception> failure)
    {
        using var client = new RefusingClient(refusals, failure);
        await using var log = new StringWriter();
        string outcome;
        try
        {
            outcome = await code(client, log, CancellationToken.None);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            outcome = $"{exception.GetType()}: {exception.Message}";
        }

        return (client.Attempts, outcome, log.ToString());
    }

    private static Func<IChatClient, TextWriter, CancellationToken, Task<string>> Load(string code)
    {
        using var image = new MemoryStream();
        var emitted = RuleTests.Compile(code).Emit(image);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics));
        image.Position = 0;
        var type = new AssemblyLoadContext(null, isCollectible: true).LoadFromStream(image).GetType("Answers")!;
        return type.GetMethod("AskAsync", BindingFlags.Public | BindingFlags.Static)!.CreateDelegate<Func<IChatClient, TextWriter, CancellationToken, Task<string>>>();
    }

    private static string Code(string statements, string import = "") => $$"""
        using System.Net;
        using System.Net.Http;
        {{import}}using Microsoft.Extensions.AI;

        public static class Answers
        {
            public static async Task<string> AskAsync(IChatClient client, TextWriter log, CancellationToken ct)
            {
                {{statements}}
            }
        }
        """;

    private sealed class RefusingClient(int refusals, Func<int, Exception> failure) : IChatClient
    {
        public int Attempts { get; private set; }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => ++Attempts <= refusals
            ? Task.FromException<ChatResponse>(failure(Attempts))
            : Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, $"answer {Attempts}")));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
