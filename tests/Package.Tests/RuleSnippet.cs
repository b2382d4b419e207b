namespace Package.Tests;

/// <summary>Code that one rule reports and its fix repairs; it is <c>Id.cs</c> of a consumer's project.</summary>
/// <param name="Id">The rule.</param>
/// <param name="Line">Where it reports.</param>
/// <param name="Code">A file with a type of its own name.</param>
public sealed record RuleSnippet(string Id, int Line, string Code)
{
    public static readonly IReadOnlyList<RuleSnippet> All =
    [
        new("ALLM1001", 6, """
            using OpenAI.Chat;

            internal sealed class UnboundedFanOut(ChatClient client)
            {
                public async Task<int> CountAsync(IEnumerable<string> texts, CancellationToken cancellationToken) =>
                    (await Task.WhenAll(texts.Select(text => client.CompleteChatAsync([text], cancellationToken: cancellationToken)))).Length;
            }
            """),
        new("ALLM2001", 8, """
            using OpenAI.Chat;

            internal sealed class BlockingWait(ChatClient client)
            {
                public async Task<string> AskAsync(string question) => (await Task.FromResult(Ask(question))).Trim();

                // No caller can await it yet: it becomes async together with them.
                private string Ask(string question) => client.CompleteChatAsync(question).Result.Value.Content[0].Text;
            }
            """),
        new("ALLM2002", 7, """
            using OpenAI.Chat;

            internal sealed class SyncCallInAsync(ChatClient client)
            {
                public async Task<string> AskAsync(string file)
                {
                    ChatCompletion answer = client.CompleteChat(await File.ReadAllTextAsync(file));
                    return answer.Content[0].Text;
                }
            }
            """),
        new("ALLM3002", 7, """
            using OpenAI.Chat;

            internal sealed class TokenNotForwarded(ChatClient client)
            {
                public async Task<string> AskAsync(string question, CancellationToken cancellationToken)
                {
                    ChatCompletion answer = await client.CompleteChatAsync(question);
                    return answer.Content[0].Text;
                }
            }
            """),
    ];

    public string File => $"{Id}.cs";

    public string Warning => $"{File}({Line}): warning {Id}";
}
