namespace AsyncLlmAnalyzers.Tests.Rules;

public class UnboundedFanOutTests() : RuleTests("ALLM1001")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task All(IEnumerable<string> prompts, CancellationToken cancellationToken)
            {
                await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync([prompt], cancellationToken: cancellationToken)));
            }
        }
        """;
}
