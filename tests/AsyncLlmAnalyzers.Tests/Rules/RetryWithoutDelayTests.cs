namespace AsyncLlmAnalyzers.Tests.Rules;

public class RetryWithoutDelayTests() : RuleTests("ALLM4011")
{
    protected override string Example => ClientCode.Default;

    [Theory]
    [InlineData("new [|ChatClient|](\"m\", \"k\")")]
    [InlineData("new [|OpenAIClient|](\"k\").GetChatClient(\"m\")")]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(30) })")]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = ClientRetryPolicy.Default })")]
    public Task Reports_the_default_policy(string construction) => ReportsAsync(ClientCode.Field(construction));

    [Theory]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy() })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0) })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), given)")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions().UseThrottle())")]
    [InlineData("new AzureOpenAIClient(new Uri(\"https://a\"), new ApiKeyCredential(\"k\")).GetChatClient(\"m\")")]
    public Task Silent_with_a_policy_of_its_own_or_options_from_elsewhere(string construction) => SilentAsync(ClientCode.Field(construction));

    [Theory]
    [MemberData(nameof(ClientCode.Configured), MemberType = typeof(ClientCode))]
    public Task Silent_when_the_options_are_bound_to_configuration(string construction) => SilentAsync(ClientCode.Field(construction));

    [Theory]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { Endpoint = new Uri(\"http://localhost:11434/v1\") })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), Local())")]
    public Task Silent_when_the_server_is_on_this_machine(string construction) => SilentAsync(ClientCode.Field(construction));

    [Theory]
    [InlineData("var client = new OpenAIClient(key); client.GetOpenAIFileClient();")]
    [InlineData("var client = new ChatClient(\"m\", key);")]
    [InlineData("OpenAI.Files.OpenAIFileClient client = new(key); client.GetFiles();")]
    public Task Silent_when_no_model_is_asked_through_the_client(string statements) => SilentAsync(Statements(statements));

    [Theory]
    [InlineData("var client = new [|OpenAIClient|](key).GetChatClient(\"m\"); Use(client);")]
    [InlineData("var client = new [|OpenAIClient|](key); Use(client.GetChatClient(\"m\"));")]
    [InlineData("var client = new [|ChatClient|](\"m\", key); Use(client);")]
    [InlineData("Use(new [|ChatClient|](\"m\", key));")]
    public Task Reports_a_client_that_is_given_to_others(string statements) => ReportsAsync(Statements(statements));

    [Fact]
    public Task Silent_when_the_address_in_a_local_is_this_machines() => SilentAsync(Statements(
        "var host = \"http://localhost:1234\"; Use(new ChatClient(\"m\", new System.ClientModel.ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri($\"{host}/v1\") }));"));

    private static string Statements(string statements) => $$"""
        using OpenAI;
        using OpenAI.Chat;

        class Setup
        {
            void Run(string key)
            {
                {{statements}}
            }

            void Use(ChatClient client) { }
        }
        """;

    [Fact]
    public Task Fix_sets_a_policy_that_waits() => FixesAsync(
        ClientCode.Field("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(30) })"),
        ClientCode.Field("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(30), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) })"));

    [Fact]
    public Task Fix_replaces_the_default_policy() => FixesAsync(
        ClientCode.Field("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = ClientRetryPolicy.Default })"),
        ClientCode.Field("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(maxRetries: 3) })"));
}
