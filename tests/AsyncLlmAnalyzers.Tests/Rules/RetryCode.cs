namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>The frame of the tests about hand-written retries: what stands in one async method around <c>client.CompleteChatAsync</c>.</summary>
internal static class RetryCode
{
    public static string In(string statements, string parameters = "string text, CancellationToken ct") => $$"""
        using System.ClientModel;
        using System.Net;
        using Microsoft.Extensions.AI;
        using OpenAI.Chat;
        using ChatMessage = OpenAI.Chat.ChatMessage;

        class Answers(ChatClient client, IChatClient other, List<ChatClient> clients, Polly.ResiliencePipeline pipeline, TextWriter log)
        {
            const int Max = 3;
            readonly TimeSpan pause = TimeSpan.FromSeconds(2);
            readonly CancellationTokenSource stopping = new();
            int budget = 10;

            async Task<ChatCompletion> AskAsync({{parameters}})
            {
                {{statements.ReplaceLineEndings("\n        ")}}
            }

            bool IsTransient(Exception exception) => exception is ClientResultException { Status: 429 };
            Task BackOffAsync(int attempt) => Task.CompletedTask;
            void Count(int attempt) { }
        }
        """;
}
