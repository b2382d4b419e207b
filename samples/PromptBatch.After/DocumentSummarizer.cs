using OpenAI.Chat;

namespace PromptBatch;

public sealed record Document(string Name, string Text, string Category);

public interface IDocumentSummarizer
{
    Task<Document> LoadAsync(string path);

    Task<string> SummarizeAsync(Document document, string language, CancellationToken cancellationToken);

    Task<string> HeadlineAsync(string summary, CancellationToken cancellationToken);
}

/// <summary>What is asked about one document.</summary>
public sealed class DocumentSummarizer(ChatClient client) : IDocumentSummarizer
{
    private static readonly ChatCompletionOptions Short = new() { MaxOutputTokenCount = 8 };

    public async Task<Document> LoadAsync(string path)
    {
        var text = await File.ReadAllTextAsync(path);
        ChatCompletion category = await client.CompleteChatAsync($"What kind of document is this? Answer in one word.\n\n{text}");
        return new Document(Path.GetFileNameWithoutExtension(path), text, category.Content[0].Text);
    }

    public async Task<string> SummarizeAsync(Document document, string language, CancellationToken cancellationToken)
    {
        var messages = new List<ChatMessage>
        {
            new SystemChatMessage($"Summarise the {document.Category} in three sentences, in {language}."),
            new UserChatMessage(document.Text),
        };
        ChatCompletion summary = await client.CompleteChatAsync(messages, cancellationToken: cancellationToken);
        return summary.Content[0].Text;
    }

    public async Task<string> HeadlineAsync(string summary, CancellationToken cancellationToken)
    {
        ChatCompletion headline = await client.CompleteChatAsync([new UserChatMessage($"A headline for: {summary}")], Short, cancellationToken);
        return headline.Content[0].Text;
    }
}
