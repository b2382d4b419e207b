namespace AsyncLlm.IntegrationTests;

/// <summary>The code of docs/runtime: it compiles against the real libraries, the rules have nothing to say against it, and it runs.</summary>
public sealed class RecipeTests
{
    /// <summary>What is done with the clients that the page of the adapters makes, by a part of their code.</summary>
    private static readonly (string Part, string Then)[] Uses =
    [
        ("ChatClient chat =", "await RecipeHost.AskAllAsync(async question => (await chat.CompleteChatAsync([question])).Value.Content[0].Text);"),
        ("ChatClient deployment", "await RecipeHost.AskAllAsync(async question => (await deployment.CompleteChatAsync([question])).Value.Content[0].Text);"),
        ("services.AddChatClient", """
            await using var provider = services.BuildServiceProvider();
            var asked = provider.GetRequiredService<IChatClient>();
            await RecipeHost.AskAllAsync(async question => (await asked.GetResponseAsync(question)).Text);
            """),
        ("IChatClient throttled", "await RecipeHost.AskAllAsync(async question => (await throttled.GetResponseAsync(question)).Text);"),
        ("ResiliencePipeline pipeline", """
            await RecipeHost.AskAllAsync(async question => await pipeline.ExecuteAsync(async token =>
                (await chat.CompleteChatAsync([question], cancellationToken: token)).Value.Content[0].Text));
            """),
        ("new AnthropicClient", """
            await RecipeHost.AskAllAsync(async text =>
            {
                var request = Question(text);
                return Text(await throttle.ExecuteAsync(token => anthropic.Messages.Create(request, token), cancellationToken));
            });
            await RecipeHost.AskAllAsync(async text =>
            {
                var request = Question(text);
                return await throttle.StreamAsync(token => anthropic.Messages.CreateStreaming(request, token), cancellationToken).CollectAsync(Text, cancellationToken);
            });
            """),
        ("Kernel kernel", "await RecipeHost.AskAllAsync(async question => $\"{await kernel.InvokePromptAsync(question)}\");"),
        ("AIAgent agent", "await RecipeHost.AskAllAsync(async question => (await agent.RunAsync(question)).Text);"),
    ];

    public static TheoryData<string> Names => [.. Recipe.All.Select(recipe => $"{recipe}")];

    [Theory, MemberData(nameof(Names))]
    public async Task The_code_of_the_page_compiles_without_a_warning_and_runs(string name)
    {
        var recipe = Recipe.All.Single(recipe => $"{recipe}" == name);
        var program = new RecipeProgram(recipe, Uses.SingleOrDefault(use => recipe.Code.Contains(use.Part, StringComparison.Ordinal)).Then);

        var problems = await program.ProblemsAsync();
        Assert.True(problems.Count == 0, string.Join("\n", problems));
        await RecipeHost.RunAsync(program.RunAsync);
    }

    [Fact]
    public void Each_recipe_of_an_adapter_is_used() =>
        Assert.All(Recipe.All.Where(recipe => recipe.Page == "adapters"), recipe => Assert.Single(Uses, use => recipe.Code.Contains(use.Part, StringComparison.Ordinal)));
}
