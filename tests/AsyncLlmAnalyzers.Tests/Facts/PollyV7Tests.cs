using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Tests.Catalog;

namespace AsyncLlmAnalyzers.Tests.Facts;

/// <summary>Policies of Polly before version 8, from its own assembly: what they prove about a call that runs under them.</summary>
public class PollyV7Tests
{
    private static readonly MetadataReference[] References =
    [
        .. HostReferences.All.Where(reference => !Path.GetFileName(reference.Display)!.StartsWith("Polly", StringComparison.Ordinal)),
        Packages.Reference("Polly", "7.2.4", "netstandard2.0", "Polly"),
        Packages.Reference("Microsoft.Extensions.Http.Polly", "10.0.15", "netstandard2.0", "Microsoft.Extensions.Http.Polly"),
    ];

    [Theory]
    [InlineData("Policy.TimeoutAsync(5)", Verdict.No, Verdict.Yes)]
    [InlineData("Policy.TimeoutAsync<ClientResult<ChatCompletion>>(TimeSpan.FromSeconds(5), TimeoutStrategy.Pessimistic)", Verdict.No, Verdict.Yes)]
    [InlineData("Policy.Handle<Exception>().RetryAsync(3)", Verdict.Yes, Verdict.No)]
    [InlineData("Policy.Handle<ClientResultException>(e => e.Status == 429).WaitAndRetryAsync(3, attempt => TimeSpan.FromSeconds(1 << attempt))", Verdict.Yes, Verdict.No)]
    [InlineData("Policy.Handle<Exception>().WaitAndRetryForeverAsync(_ => TimeSpan.FromSeconds(1))", Verdict.Yes, Verdict.No)]
    [InlineData("Policy<ClientResult<ChatCompletion>>.Handle<Exception>().OrResult(result => result is null).WaitAndRetryAsync([TimeSpan.FromSeconds(1)])", Verdict.Yes, Verdict.No)]
    [InlineData("Policy.BulkheadAsync(10)", Verdict.No, Verdict.No)]
    [InlineData("Policy.WrapAsync(Policy.Handle<Exception>().RetryAsync(3), Policy.TimeoutAsync(5))", Verdict.Yes, Verdict.Yes)]
    [InlineData("Policy.Handle<Exception>().RetryAsync(3).WrapAsync(Policy.TimeoutAsync(5))", Verdict.Yes, Verdict.Yes)]
    [InlineData("wrapped", Verdict.Yes, Verdict.Yes)]
    [InlineData("retry", Verdict.Yes, Verdict.No)]
    [InlineData("Limit()", Verdict.No, Verdict.Yes)]
    [InlineData("given", Verdict.Unknown, Verdict.Unknown)]
    [InlineData("registry.Get<IAsyncPolicy>(\"llm\")", Verdict.Unknown, Verdict.Unknown)]
    [InlineData("Policy.WrapAsync(given, Policy.TimeoutAsync(5))", Verdict.Unknown, Verdict.Yes)]
    public void What_runs_under_a_policy(string policy, object isRetried, object hasDeadline)
    {
        var subject = Subject($"await {policy}.ExecuteAsync(() => /*call*/client.CompleteChatAsync(text));");
        Assert.Equal((isRetried, hasDeadline), (Retried.Around(subject.Call, subject.Context, default).Verdict, Deadline.Around(subject.Call, subject.Context, default).Verdict));
    }

    [Theory]
    [InlineData("var policy = Policy.Handle<Exception>().RetryAsync(3); var result = await policy.ExecuteAndCaptureAsync(() => /*call*/client.CompleteChatAsync(text));", Verdict.Yes)]
    [InlineData("Policy.Handle<Exception>().Retry(3).Execute(() => /*call*/client.CompleteChat(text));", Verdict.Yes)]
    [InlineData("Policy.Handle<Exception>().WaitAndRetry(3, _ => TimeSpan.FromSeconds(1)).ExecuteAndCapture(() => /*call*/client.CompleteChat(text));", Verdict.Yes)]
    [InlineData("await retry.ExecuteAsync(() => OneAsync(text));", Verdict.Yes)]
    [InlineData("await retry.ExecuteAsync(() => Task.CompletedTask); await /*call*/client.CompleteChatAsync(text);", Verdict.No)]
    public void However_it_is_executed(string statements, object isRetried)
    {
        var subject = Subject(statements);
        Assert.Equal(isRetried, Retried.Around(subject.Call, subject.Context, default).Verdict);
    }

    [Theory]
    [InlineData("AddPolicyHandler(Policy.HandleResult<HttpResponseMessage>(r => (int)r.StatusCode == 429).WaitAndRetryAsync(3, _ => TimeSpan.FromSeconds(1)))")]
    [InlineData("AddTransientHttpErrorPolicy(policy => policy.WaitAndRetryAsync(3, _ => TimeSpan.FromSeconds(1)))")]
    [InlineData("AddPolicyHandlerFromRegistry(\"llm\")")]
    public void A_handler_of_the_HttpClient_may_do_either(string registration)
    {
        var subject = new FactSubject(References, $$"""
            class Subject(IChatCompletionService chat)
            {
                Task Run(string text) => /*call*/chat.GetChatMessageContentAsync(text);
            }

            static class Setup
            {
                static void Add(IServiceCollection services)
                {
                    services.ConfigureHttpClientDefaults(http => http.{{registration}});
                    services.AddOpenAIChatCompletion("m", "k");
                }
            }
            """);
        Assert.Equal(
            (Verdict.Unknown, Verdict.Unknown),
            (Retried.Layers(subject.Call, subject.Context, default).Verdict, Deadline.OfClient(subject.Call, subject.Context, default).Verdict));
    }

    private static FactSubject Subject(string statements) => new(References, $$"""
        using Polly.Registry;
        using Polly.Timeout;

        class Subject(ChatClient client, IAsyncPolicy given, IReadOnlyPolicyRegistry<string> registry)
        {
            static readonly IAsyncPolicy retry = Policy.Handle<Exception>().WaitAndRetryAsync(3, attempt => TimeSpan.FromSeconds(attempt));

            readonly IAsyncPolicy wrapped = Policy.WrapAsync(retry, Limit());

            public object Given => (client, given, registry, wrapped);

            static AsyncTimeoutPolicy Limit() => Policy.TimeoutAsync(TimeSpan.FromSeconds(5));

            public async Task Run(string text)
            {
                await Task.Yield();
                {{statements}}
            }

            Task OneAsync(string text) => {{(statements.Contains("/*call*/", StringComparison.Ordinal) ? "Task.CompletedTask" : "/*call*/client.CompleteChatAsync(text)")}};
        }
        """);
}
