using System.ClientModel;
using System.Diagnostics;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using PromptBatch;

if (args is not [var folder, ..])
{
    Console.Error.WriteLine("usage: PromptBatch FOLDER [ENDPOINT] [MODEL]   summarises the .txt files of a folder into summaries.md");
    return 2;
}

var endpoint = args.ElementAtOrDefault(1) ?? "https://api.openai.com/v1";
var model = args.ElementAtOrDefault(2) ?? "gpt-4o-mini";
var key = Environment.GetEnvironmentVariable("OPENAI_API_KEY") ?? "none";

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

var client = new ChatClient(model, new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(endpoint) }); // ALLM3003, ALLM4001
var batch = new DocumentBatch(client, new DocumentSummarizer(client));

using var threads = new ThreadSampler();
var watch = Stopwatch.StartNew();
try
{
    var (documents, answers) = await batch.RunAsync(folder, stop.Token);
    Console.WriteLine(JsonSerializer.Serialize(new
    {
        documents,
        answers,
        lost = documents - answers,
        elapsedMs = watch.ElapsedMilliseconds,
        peakThreads = threads.Peak,
    }));
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Cancelled.");
    return 130;
}
