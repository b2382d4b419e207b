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
    [InlineData("client.[|CompleteChatAsync|](list, options, CancellationToken.None)", "client.CompleteChatAsync(list, options, ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, options, default)", "client.CompleteChatAsync(list, options, ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, cancellationToken: new CancellationToken())", "client.CompleteChatAsync(list, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, cancellationToken: /* why */ default(CancellationToken) /* here */)", "client.CompleteChatAsync(list, cancellationToken: /* why */ ct /* here */)")]
    [InlineData("client?.[|CompleteChatAsync|](text)!", "client?.CompleteChatAsync([text], cancellationToken: ct)!")]
    [InlineData("this?.client?.[|CompleteChatAsync|](text)!", "this?.client?.CompleteChatAsync([text], cancellationToken: ct)!")]
    [InlineData("client.[|CompleteChatAsync|](text).ConfigureAwait(false)", "client.CompleteChatAsync([text], cancellationToken: ct).ConfigureAwait(false)")]
    [InlineData("client.[|CompleteChatAsync|](body)", "client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, null)", "client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, options: new RequestOptions())", "client.CompleteChatAsync(body, options: new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, new() { BufferResponse = false })", "client.CompleteChatAsync(body, new() { BufferResponse = false, CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, new() { CancellationToken = default })", "client.CompleteChatAsync(body, new() { CancellationToken = ct })")]
    public Task Passes_the_token_to_the_overload_that_takes_it(string call, string fixedCall) =>
        FixesAsync(WithCall(call), WithCall(fixedCall));

    private static string WithCall(string call) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            private readonly ChatClient client = client;

            async Task Summarize(string text, List<ChatMessage> list, ChatMessage[] array, ChatCompletionOptions options, BinaryContent body, CancellationToken ct)
            {
                await {{call}};
            }
        }
        """;
}
