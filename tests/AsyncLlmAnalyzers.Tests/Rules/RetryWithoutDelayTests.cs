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

    [Fact]
    public Task Fix_sets_a_policy_that_waits() => FixesAsync(
        ClientCode.Field("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(30) })"),
        ClientCode.Field("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(30), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) })"));

    [Fact]
    public Task Fix_replaces_the_default_policy() => FixesAsync(
        ClientCode.Field("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = ClientRetryPolicy.Default })"),
        ClientCode.Field("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(maxRetries: 3) })"));
}
