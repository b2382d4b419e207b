namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>Fan-outs over clients whose SDK retries soundly by default, and so needs nothing from the code.</summary>
internal static class SoundCode
{
    /// <summary>With what these rules ask of SDKs that cannot be restored everywhere: the catalog's rows were read in their sources.</summary>
    public static TheoryData<string> ReadInSources =>
    [
        """
        using Amazon.BedrockRuntime;

        class Answers
        {
            private readonly AmazonBedrockRuntimeClient client = new();

            public Task Ask(string[] texts) => Task.WhenAll(texts.Select(text => client.ConverseAsync(text)));
        }

        namespace Amazon.BedrockRuntime
        {
            public interface IAmazonBedrockRuntime { Task<string> ConverseAsync(string request, CancellationToken cancellationToken = default); }

            public class AmazonBedrockRuntimeClient : IAmazonBedrockRuntime
            {
                public Task<string> ConverseAsync(string request, CancellationToken cancellationToken = default) => Task.FromResult(request);
            }
        }
        """,
        """
        using Mscc.GenerativeAI;

        class Answers
        {
            private readonly GenerativeModel model = new GoogleAI("key").GenerativeModel("gemini");
            private readonly GenerativeModel own = new() { ApiKey = "key" };

            public async Task Ask(string[] texts)
            {
                foreach (var text in texts)
                    await own.GenerateContent(text);
                await Task.WhenAll(texts.Select(text => model.GenerateContent(text)));
            }
        }

        namespace Mscc.GenerativeAI
        {
            public class GoogleAI(string apiKey)
            {
                public GenerativeModel GenerativeModel(string model) => new() { ApiKey = apiKey + model };
            }

            public class GenerativeModel
            {
                public string? ApiKey { get; set; }
                public Task<string> GenerateContent(string prompt, CancellationToken cancellationToken = default) => Task.FromResult(prompt);
            }
        }
        """,
    ];
}
