global using Microsoft.Extensions.AI;
global using OpenAI.Chat;
global using ChatMessage = OpenAI.Chat.ChatMessage;
using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;

internal partial class Program
{
    private static readonly ChatClient client = new(
        "gpt-4o-mini",
        new ApiKeyCredential("local"),
        new OpenAIClientOptions { Endpoint = RecipeHost.Server.Endpoint, NetworkTimeout = TimeSpan.FromMinutes(1), RetryPolicy = new ClientRetryPolicy(3) });

    private static readonly IChatClient chatClient = client.AsIChatClient();

    private static readonly ChatMessage[] messages = [new UserChatMessage("one two")];

    private static void Show(StreamingChatCompletionUpdate update) => Console.WriteLine(update.ContentUpdate.Count);
}
