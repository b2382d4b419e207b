using AsyncLlm;
using OpenAI.Chat;

namespace PromptBatch;

/// <summary>Summarises every document of a folder and writes one report.</summary>
public sealed class DocumentBatch(ChatClient client, IDocumentSummarizer summarizer)
{
    public async Task<(int Documents, int Answers)> RunAsync(string folder, CancellationToken cancellationToken)
    {
        var files = Directory.GetFiles(folder, "*.txt").Order().ToList();
        if (files.Count == 0)
            return (0, 0);

        var language = await DetectLanguage(await File.ReadAllTextAsync(files[0], cancellationToken));

        var summaries = await LlmTask.WhenAll(files, (file, ct) => TrySummarizeAsync(file, language, ct), maxConcurrency: 10, cancellationToken);

        var sections = new List<string>();
        foreach (var summary in summaries.OfType<string>())
        {
            var headline = await TryFindHeadlineAsync(summary, cancellationToken);
            if (headline is not null)
                sections.Add($"\n## {headline}\n{summary}");
        }

        try
        {
            await WriteReportAsync(Path.Combine(folder, "summaries.md"), sections);
            await PrintOverviewAsync(sections, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Console.WriteLine($"The report is incomplete: {FirstLine(exception)}");
        }

        return (files.Count, sections.Count);
    }

    private async Task<string?> TrySummarizeAsync(string file, string language, CancellationToken cancellationToken)
    {
        try
        {
            var document = await summarizer.LoadAsync(file);
            return await summarizer.SummarizeAsync(document, language, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Console.WriteLine($"{Path.GetFileName(file)} is lost: {FirstLine(exception)}");
            return null;
        }
    }

    private async Task<string?> TryFindHeadlineAsync(string summary, CancellationToken cancellationToken)
    {
        try
        {
            return await summarizer.HeadlineAsync(summary, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Console.WriteLine($"A headline is lost: {FirstLine(exception)}");
            return null;
        }
    }

    private async Task<string> DetectLanguage(string text)
    {
        var answer = await client.CompleteChatAsync($"In which language is this text? Answer in one word.\n\n{text}");
        return answer.Value.Content[0].Text;
    }

    private async Task WriteReportAsync(string path, List<string> sections)
    {
        await File.WriteAllLinesAsync(path, sections);
        var title = (await client.CompleteChatAsync($"A title for a collection of {sections.Count} summaries")).Value.Content[0].Text;
        await File.WriteAllLinesAsync(path, sections.Prepend($"# {title}"));
    }

    private async Task PrintOverviewAsync(List<string> sections, CancellationToken cancellationToken)
    {
        var question = $"What do these documents have in common?\n\n{string.Join("\n\n", sections)}";
        await foreach (var update in client.CompleteChatStreamingAsync([question], cancellationToken: cancellationToken))
        {
            foreach (var part in update.ContentUpdate)
                Console.Write(part.Text);
        }

        Console.WriteLine();
    }

    private static string FirstLine(Exception exception) => exception.Message.Split('\n')[0].Trim();
}
