using OpenAI.Chat;

class Twice(ChatClient client)
{
    Task M(List<string> xs) => Task.WhenAll(xs.Select(x => client.CompleteChatAsync(x)));
    Task M(List<string> xs) => Task.WhenAll(xs.Select(x => client.CompleteChatAsync(x)));
    partial Task P(List<string> xs);
    partial Task P(List<string> xs) => M(xs).Result;
}

class Twice { }

namespace OpenAI.Chat
{
    class ChatClient { public Task CompleteChatAsync(string s) => null!; }
}
