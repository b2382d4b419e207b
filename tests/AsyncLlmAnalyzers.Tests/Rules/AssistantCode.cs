namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>A class with clients and wrappers of their calls, around the code a test is about.</summary>
internal static class AssistantCode
{
    /// <summary>Statements of a sync method, with a client, some tasks of calls and a wrapper at hand.</summary>
    public static string Sync(string statements) => Class($$"""
        void Run(string prompt, List<string> prompts, CancellationToken cancellationToken)
        {
            {{statements.ReplaceLineEndings("\n    ")}}
        }
        """);

    /// <summary>Statements of an async method.</summary>
    public static string Async(string statements) => Class($$"""
        async Task Run(string prompt, List<string> prompts, CancellationToken cancellationToken)
        {
            {{statements.ReplaceLineEndings("\n    ")}}
        }
        """);

    public static string Class(string members) => $$"""
        using OpenAI.Chat;
        using Microsoft.Extensions.AI;
        using ChatMessage = OpenAI.Chat.ChatMessage;

        class Assistant(ChatClient client, IChatClient chat)
        {
            {{members.ReplaceLineEndings("\n    ")}}

            Task<System.ClientModel.ClientResult<ChatCompletion>> Ask(string prompt) => client.CompleteChatAsync([prompt]);

            async Task<string> AskText(string prompt) => (await chat.GetResponseAsync(prompt)).Text;

            async ValueTask<string> AskValue(string prompt) => (await chat.GetResponseAsync(prompt)).Text;

            Task<string> Greeting => AskText("Say hello.");

            Task<string> Local(string prompt) => Task.FromResult(prompt);
        }
        """;
}
