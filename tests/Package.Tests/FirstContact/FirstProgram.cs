namespace Package.Tests.FirstContact;

/// <summary>The shortest honest program with one of the four problems everybody has heard of, in one of the shapes people write first.</summary>
/// <param name="Name">Problem and shape; the name of its project.</param>
/// <param name="Warning">What a plain build says about it, as <c>Program.cs(4): warning ALLM1001</c>; empty when only Strict mode does.</param>
/// <param name="Fixed">The rule whose fix repairs it; it may be another one, at the call, where the warning has no fix of its own.</param>
/// <param name="Code">The program.</param>
public sealed record FirstProgram(string Name, string Warning, string Fixed, string Code)
{
    public static readonly IReadOnlyList<FirstProgram> All =
    [
        TopLevel("UnboundedWhenAll", "Program.cs(4): warning ALLM1001", """
            var answers = await Task.WhenAll(args.Select(question => client.CompleteChatAsync(question)));
            Console.WriteLine(answers[0].Value.Content[0].Text);
            """),
        TopLevel("Result", "Program.cs(4): warning ALLM2001", """
            Console.WriteLine(client.CompleteChatAsync("Why is the sky blue?").Result.Value.Content[0].Text);
            """),
        TopLevel("MissingTimeout", "Program.cs(3): warning ALLM3003", """
            ChatCompletion answer = await client.CompleteChatAsync("Why is the sky blue?");
            Console.WriteLine(answer.Content[0].Text);
            """),
        TopLevel("MissingRetry", "Program.cs(3): warning ALLM4001", """
            foreach (var question in args)
                Console.WriteLine((await client.CompleteChatAsync(question)).Value.Content[0].Text);
            """),

        Injected("UnboundedWhenAll", "Program.cs(6): warning ALLM1001", """
            public Task<ChatResponse[]> AskAsync(string[] questions) =>
                Task.WhenAll(questions.Select(question => client.GetResponseAsync(question)));
            """),
        Injected("Result", "Program.cs(5): warning ALLM2001", """
            public string Ask(string question) => client.GetResponseAsync(question).Result.Text;
            """, visibility: "internal"),
        Injected("MissingTimeout", "Program.cs(5): warning ALLM3011", """
            public async Task<string> AskAsync(string question) => (await client.GetResponseAsync(question)).Text;
            """, fixedBy: "ALLM3004"),
        Injected("MissingRetry", "", """
            public async Task<string> AskAsync(string question, CancellationToken cancellationToken) =>
                (await client.GetResponseAsync(question, cancellationToken: cancellationToken)).Text;
            """, fixedBy: "ALLM4010"),

        MinimalApi("UnboundedWhenAll", "Program.cs(7): warning ALLM1001", """
            app.MapPost("/answers", async (string[] questions, ChatClient client) =>
                (await Task.WhenAll(questions.Select(question => client.CompleteChatAsync(question)))).Select(answer => answer.Value.Content[0].Text));
            """),
        MinimalApi("Result", "Program.cs(6): warning ALLM2001", """
            app.MapPost("/answer", (string question, ChatClient client) => client.CompleteChatAsync(question).Result.Value.Content[0].Text);
            """),
        MinimalApi("MissingTimeout", "Program.cs(4): warning ALLM3003", """
            app.MapPost("/answer", async (string question, ChatClient client) => (await client.CompleteChatAsync(question)).Value.Content[0].Text);
            """),
        MinimalApi("MissingRetry", "Program.cs(4): warning ALLM4001", """
            app.MapPost("/answers", async (string[] questions, ChatClient client) =>
            {
                var answers = new List<string>();
                foreach (var question in questions)
                    answers.Add((await client.CompleteChatAsync(question)).Value.Content[0].Text);
                return answers;
            });
            """),
    ];

    private bool IsWeb { get; init; }

    private bool IsLibrary { get; init; }

    /// <summary>What it uses beside this project's package: names of Directory.Packages.props.</summary>
    private string Library { get; init; } = "OpenAI";

    /// <summary>The project file.</summary>
    internal string Project => $"""
        <Project Sdk="Microsoft.NET.Sdk{(IsWeb ? ".Web" : "")}">

          <PropertyGroup>
            <OutputType>{(IsLibrary ? "Library" : "Exe")}</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
          </PropertyGroup>

          <ItemGroup>
            <PackageReference Include="{Library}" Version="{PinnedVersions.Of(Library)}" />
            <PackageReference Include="AsyncLlm" Version="{PackedFeed.Version}" />
          </ItemGroup>

        </Project>
        """;

    public override string ToString() => Name;

    private static FirstProgram TopLevel(string problem, string warning, string body) => new($"{problem}.TopLevel", warning, IdOf(warning), $"""
        using OpenAI.Chat;

        var client = new ChatClient("gpt-5-mini", Environment.GetEnvironmentVariable("OPENAI_API_KEY"));
        {body}
        """);

    private static FirstProgram Injected(string problem, string warning, string member, string? fixedBy = null, string visibility = "public") =>
        new($"{problem}.Injected", warning, fixedBy ?? IdOf(warning), $$"""
            using Microsoft.Extensions.AI;

            {{visibility}} sealed class Assistant(IChatClient client)
            {
                {{member.ReplaceLineEndings("\n    ")}}
            }
            """)
        {
            IsLibrary = true,
            Library = "Microsoft.Extensions.AI.Abstractions",
        };

    private static FirstProgram MinimalApi(string problem, string warning, string endpoint) => new($"{problem}.MinimalApi", warning, IdOf(warning), $"""
        using OpenAI.Chat;

        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSingleton(new ChatClient("gpt-5-mini", builder.Configuration["OpenAI:Key"]));
        var app = builder.Build();
        {endpoint}
        app.Run();
        """)
    {
        IsWeb = true,
    };

    private static string IdOf(string warning) => warning.Split(' ')[^1];
}
