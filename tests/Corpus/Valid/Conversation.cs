using OpenAI.Chat;

class Conversation(ChatClient client)
{
    public async Task TalkAsync(CancellationToken cancellationToken)
    {
        List<ChatMessage> history = [new SystemChatMessage("Be brief.")];
        while (Console.ReadLine() is { Length: > 0 } line)
        {
            history.Add(new UserChatMessage(line));
            ChatCompletion answer = await client.CompleteChatAsync(history, cancellationToken: cancellationToken);
            history.Add(new AssistantChatMessage(answer));
            Console.WriteLine(answer.Content[0].Text);
        }
    }
}
