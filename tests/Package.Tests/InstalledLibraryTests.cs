using LocalLlm;

namespace Package.Tests;

/// <summary>A person's first program with each of the libraries: added, built and run against a server that limits its rate.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class InstalledLibraryTests(PackedFeed feed)
{
    /// <summary>Asked at once.</summary>
    private const int Questions = 12;

    private static readonly Dictionary<string, Program> Programs = new()
    {
        ["AsyncLlm"] = new("net8.0", ["OpenAI"], """
            var options = new OpenAIClientOptions { Endpoint = server, RetryPolicy = new ClientRetryPolicy(0), NetworkTimeout = TimeSpan.FromMinutes(1) };
            var client = new ChatClient("gpt-4o-mini", credential, options);

            var outcomes = await LlmTask.WhenAllSettled(questions, AskAsync, LlmThrottle.For(client));

            async Task<string> AskAsync(string question, CancellationToken token)
            {
                ChatCompletion answer = await client.CompleteChatAsync([question], cancellationToken: token);
                return answer.Content[0].Text;
            }
            """),
        ["AsyncLlm.OpenAI"] = new("net10.0", ["OpenAI"], """
            var options = new OpenAIClientOptions { Endpoint = server, NetworkTimeout = TimeSpan.FromMinutes(1) }.UseThrottle(new LlmThrottle());
            var client = new ChatClient("gpt-4o-mini", credential, options);

            var outcomes = await LlmTask.WhenAllSettled(questions, AskAsync, maxConcurrency: questions.Length);

            async Task<string> AskAsync(string question, CancellationToken token)
            {
                ChatCompletion answer = await client.CompleteChatAsync([question], cancellationToken: token);
                return answer.Content[0].Text;
            }
            """),
        ["AsyncLlm.ExtensionsAI"] = new("net10.0", ["OpenAI", "Microsoft.Extensions.AI", "Microsoft.Extensions.AI.OpenAI", "Microsoft.Extensions.DependencyInjection"], """
            var options = new OpenAIClientOptions { Endpoint = server, RetryPolicy = new ClientRetryPolicy(0), NetworkTimeout = TimeSpan.FromMinutes(1) };
            var services = new ServiceCollection().AddLlmThrottle();
            services.AddChatClient(_ => new ChatClient("gpt-4o-mini", credential, options).AsIChatClient())
                .Use((inner, provider) => inner.WithThrottle(provider.GetRequiredService<LlmThrottle>()));
            await using var provider = services.BuildServiceProvider();
            var client = provider.GetRequiredService<IChatClient>();

            var outcomes = await LlmTask.WhenAllSettled(
                questions, async (question, token) => (await client.GetResponseAsync(question, cancellationToken: token)).Text, maxConcurrency: questions.Length);
            """, "Microsoft.Extensions.AI", "Microsoft.Extensions.DependencyInjection"),
        ["AsyncLlm.Polly"] = new("net8.0", ["OpenAI", "Polly.Core"], """
            var options = new OpenAIClientOptions { Endpoint = server, RetryPolicy = new ClientRetryPolicy(0), NetworkTimeout = TimeSpan.FromMinutes(1) };
            var client = new ChatClient("gpt-4o-mini", credential, options);
            var pipeline = new ResiliencePipelineBuilder().AddLlmThrottle(new LlmThrottle()).AddTimeout(TimeSpan.FromMinutes(1)).Build();

            var outcomes = await LlmTask.WhenAllSettled(questions, AskAsync, maxConcurrency: questions.Length);

            async Task<string> AskAsync(string question, CancellationToken token)
            {
                ChatCompletion answer = await pipeline.ExecuteAsync(async attempt => await client.CompleteChatAsync([question], cancellationToken: attempt), token);
                return answer.Content[0].Text;
            }
            """, "Polly"),
    };

    public static TheoryData<string> Libraries => [.. Programs.Keys];

    [Theory, MemberData(nameof(Libraries))]
    public async Task A_program_with_the_package_builds_without_a_warning_and_loses_no_answer(string id)
    {
        var program = Programs[id];
        var folder = feed.NewFolder();
        folder.Write("Scratch.csproj", program.Project);
        folder.Write("Program.cs", program.Source);
        (await folder.RunAsync("add", "package", id, "--version", PackedFeed.Version)).Succeeded();
        var build = await folder.BuildAsync("-warnaserror");
        build.Succeeded().Reports();
        // However slowly a busy machine sends its questions, the first is refused.
        var refusal = Fault.Status(429) with { To = 1, Headers = "retry-after-ms=50" };
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = 1200, Burst = 1, Faults = [refusal] });

        var run = await folder.RunAsync($"bin/Debug/{program.Framework}/Scratch.dll", $"{server.Endpoint}");

        run.Succeeded().Says($"{Questions} of {Questions} answered.");
        Assert.Equal((Questions, true), ((int)server.Statistics.Completed, server.Statistics.RateLimited > 0));
    }

    /// <param name="Framework">What it is compiled for; it runs on the newest there is.</param>
    /// <param name="Packages">What it uses beside the library.</param>
    /// <param name="Body">Makes <c>outcomes</c> from <c>questions</c>.</param>
    /// <param name="Usings">Namespaces it needs beside those all of them need.</param>
    private sealed record Program(string Framework, string[] Packages, string Body, params string[] Usings)
    {
        public string Project => $"""
            <Project Sdk="Microsoft.NET.Sdk">

              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>{Framework}</TargetFramework>
                <RollForward>Major</RollForward>
                <UseAppHost>false</UseAppHost>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>

              <ItemGroup>
                {string.Concat(Packages.Select(package => $"<PackageReference Include=\"{package}\" Version=\"{PinnedVersions.Of(package)}\" />"))}
              </ItemGroup>

            </Project>
            """;

        public string Source => $$"""
            using System.ClientModel;
            using System.ClientModel.Primitives;
            using AsyncLlm;
            {{string.Join('\n', Usings.Select(name => $"using {name};"))}}
            using OpenAI;
            using OpenAI.Chat;

            var (server, credential) = (new Uri(args[0]), new ApiKeyCredential("local"));
            string[] questions = [.. Enumerable.Range(0, {{Questions}}).Select(number => $"Question {number}")];

            {{Body}}

            Console.WriteLine($"{outcomes.Count(outcome => outcome.TryGetResult(out var answer) && answer == $"Summary: {outcome.Item}")} of {outcomes.Length} answered.");
            """;
    }
}
