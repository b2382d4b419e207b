namespace AsyncLlmAnalyzers.Tests.Rules;

public class TokenNotForwardedTests() : RuleTests("ALLM3002")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task<string> Summarize(string text, CancellationToken cancellationToken)
            {
                ChatCompletion completion = await client.[|CompleteChatAsync|](text);
                return completion.Content[0].Text;
            }
        }
        """;

    [Theory]
    [InlineData("client.[|CompleteChatAsync|](text)", "client.CompleteChatAsync([text], cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|]()", "client.CompleteChatAsync([], cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](new SystemChatMessage(\"Be brief.\"), text)", "client.CompleteChatAsync([new SystemChatMessage(\"Be brief.\"), text], cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](array)", "client.CompleteChatAsync(array, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](list)", "client.CompleteChatAsync(list, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|]([text])", "client.CompleteChatAsync([text], cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, options)", "client.CompleteChatAsync(list, options, ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, options: options)", "client.CompleteChatAsync(list, options: options, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](messages: list)", "client.CompleteChatAsync(messages: list, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](options: options, messages: list)", "client.CompleteChatAsync(options: options, messages: list, cancellationToken: ct)")]
    [InlineData("client?.[|CompleteChatAsync|](text)!", "client?.CompleteChatAsync([text], cancellationToken: ct)!")]
    [InlineData("this?.client?.[|CompleteChatAsync|](text)!", "this?.client?.CompleteChatAsync([text], cancellationToken: ct)!")]
    [InlineData("this.client!.[|CompleteChatAsync|](text).ConfigureAwait(false)", "this.client!.CompleteChatAsync([text], cancellationToken: ct).ConfigureAwait(false)")]
    [InlineData("(client.[|CompleteChatAsync|](text))", "(client.CompleteChatAsync([text], cancellationToken: ct))")]
    public Task Passes_the_token_to_the_overload_that_takes_it(string call, string fixedCall) =>
        FixesAsync(WithCall(call), WithCall(fixedCall));

    [Theory]
    [InlineData("client.[|CompleteChatAsync|](list, options, CancellationToken.None)", "client.CompleteChatAsync(list, options, ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, options, default)", "client.CompleteChatAsync(list, options, ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, cancellationToken: new CancellationToken())", "client.CompleteChatAsync(list, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, cancellationToken: new(false))", "client.CompleteChatAsync(list, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, cancellationToken: /* why */ default(CancellationToken) /* here */)", "client.CompleteChatAsync(list, cancellationToken: /* why */ ct /* here */)")]
    public Task Replaces_a_token_that_never_fires(string call, string fixedCall) =>
        FixesAsync(WithCall(call), WithCall(fixedCall));

    [Theory]
    [InlineData("client.[|CompleteChatAsync|](body)", "client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, null)", "client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, default)", "client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](content: body)", "client.CompleteChatAsync(content: body, options: new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, options: new RequestOptions())", "client.CompleteChatAsync(body, options: new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, new())", "client.CompleteChatAsync(body, new() { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, new() { BufferResponse = false })", "client.CompleteChatAsync(body, new() { BufferResponse = false, CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, new() { BufferResponse = false, })", "client.CompleteChatAsync(body, new() { BufferResponse = false, CancellationToken = ct, })")]
    [InlineData("client.[|CompleteChatAsync|](body, new() { CancellationToken = default })", "client.CompleteChatAsync(body, new() { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, new() { })", "client.CompleteChatAsync(body, new() { CancellationToken = ct })")]
    public Task Passes_the_token_inside_the_options(string call, string fixedCall) =>
        FixesAsync(WithCall(call), WithCall(fixedCall));

    [Fact]
    public Task Imports_the_options_type() => FixesAsync(
        """
        using System.ClientModel;
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task Summarize(BinaryContent body, CancellationToken ct) => await client.[|CompleteChatAsync|](body);
        }
        """,
        """
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task Summarize(BinaryContent body, CancellationToken ct) => await client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct });
        }
        """);

    [Fact]
    public Task Sets_the_token_where_the_options_are_created() => FixesAsync(
        WithBody("""
            var request = new RequestOptions
            {
                BufferResponse = false, // streamed
            };
            await client.[|CompleteChatAsync|](body, request);
            """),
        WithBody("""
            var request = new RequestOptions
            {
                BufferResponse = false, // streamed
                CancellationToken = ct,
            };
            await client.CompleteChatAsync(body, request);
            """));

    [Fact]
    public Task Keeps_layout_and_comments() => FixesAsync(
        WithBody("""
            await client.[|CompleteChatAsync|](
                new SystemChatMessage("Be brief."), // system
                // the prompt
                new UserChatMessage(text)); // user
            await client.[|CompleteChatAsync|](
                list, // history
                options /* as configured */
            );
            """),
        WithBody("""
            await client.CompleteChatAsync(
                [new SystemChatMessage("Be brief."), // system
                // the prompt
                new UserChatMessage(text)],
                cancellationToken: ct); // user
            await client.CompleteChatAsync(
                list, // history
                options, /* as configured */
                ct
            );
            """));

    [Theory]
    [InlineData("(await client.[|CompleteChatAsync|](text)).Value.Content[0].Text", "(await client.CompleteChatAsync([text], cancellationToken: ct)).Value.Content[0].Text")]
    [InlineData("client.[|CompleteChat|](text).Value.Content[0].Text", "client.CompleteChat([text], cancellationToken: ct).Value.Content[0].Text")]
    [InlineData("client.[|CompleteChat|](list).Value.Content[0].Text", "client.CompleteChat(list, cancellationToken: ct).Value.Content[0].Text")]
    [InlineData("string.Concat(client.[|CompleteChatStreaming|](text).Select(update => update.Role))", "string.Concat(client.CompleteChatStreaming([text], cancellationToken: ct).Select(update => update.Role))")]
    public Task Reports_within_expressions_and_blocking_calls(string expression, string fixedExpression) =>
        FixesAsync(WithBody($"Console.WriteLine({expression});"), WithBody($"Console.WriteLine({fixedExpression});"));

    private static string WithCall(string call) => WithBody($"await {call};");

    private static string WithBody(string body) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            private readonly ChatClient client = client;

            async Task Summarize(string text, List<ChatMessage> list, ChatMessage[] array, ChatCompletionOptions options, BinaryContent body, CancellationToken ct)
            {
                {{body.Replace("\n", "\n        ", StringComparison.Ordinal)}}
            }
        }
        """;
}
