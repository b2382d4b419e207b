namespace AsyncLlmAnalyzers.Tests.Rules;

public class RetryWithoutDelayTests() : RuleTests("ALLM4011")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Answers
        {
            private readonly ChatClient client = new [|ChatClient|]("gpt-5", "key");

            public Task Ask(string question) => client.CompleteChatAsync(question);
        }
        """;

    [Theory]
    [InlineData("new [|ChatClient|](\"m\", \"k\")")]
    [InlineData("new [|OpenAIClient|](\"k\").GetChatClient(\"m\")")]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(30) })")]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = ClientRetryPolicy.Default })")]
    public Task Reports_the_default_policy(string construction) => ReportsAsync(Class(construction));

    [Theory]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy() })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0) })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), given)")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions().UseThrottle())")]
    [InlineData("new AzureOpenAIClient(new Uri(\"https://a\"), new ApiKeyCredential(\"k\")).GetChatClient(\"m\")")]
    public Task Silent_with_a_policy_of_its_own_or_options_from_elsewhere(string construction) => SilentAsync(Class(construction));

    [Theory]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { Endpoint = new Uri(\"http://localhost:11434/v1\") })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), Local())")]
    public Task Silent_when_the_server_is_on_this_machine(string construction) => SilentAsync(Class(construction));

    [Fact]
    public Task Fix_sets_a_policy_that_waits() => FixesAsync(
        Class("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(30) })"),
        Class("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(30), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) })"));

    [Fact]
    public Task Fix_replaces_the_default_policy() => FixesAsync(
        Class("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = ClientRetryPolicy.Default })"),
        Class("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(maxRetries: 3) })"));

    private static string Class(string construction) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using Azure.AI.OpenAI;
        using OpenAI;
        using OpenAI.Chat;

        class Answers(OpenAIClientOptions given)
        {
            private readonly ChatClient client = {{construction}};

            public object Given => given;

            private static OpenAIClientOptions Local() { var options = new OpenAIClientOptions(); options.Endpoint = new Uri("http://127.0.0.1:1234"); return options; }

            public Task Ask(string question) => client.CompleteChatAsync(question);
        }

        static class Extensions
        {
            public static OpenAIClientOptions UseThrottle(this OpenAIClientOptions options) => options;
        }
        """;
}
