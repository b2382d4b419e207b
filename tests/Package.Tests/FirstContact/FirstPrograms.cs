namespace Package.Tests.FirstContact;

/// <summary>All first programs in one solution: built (the one without a warning in Strict mode, too), formatted and built again.</summary>
public sealed class FirstPrograms(PackedFeed feed) : IAsyncLifetime
{
    private ScratchFolder _folder = null!;

    internal Run Build { get; private set; } = null!;

    internal Run StrictBuild { get; private set; } = null!;

    internal Run Format { get; private set; } = null!;

    internal Run BuildAfter { get; private set; } = null!;

    internal string Read(FirstProgram program) => _folder.Read($"{program.Name}/Program.cs");

    public async Task InitializeAsync()
    {
        _folder = feed.NewFolder();
        foreach (var program in FirstProgram.All)
        {
            _folder.Write($"{program.Name}/{program.Name}.csproj", program.Project);
            _folder.Write($"{program.Name}/Program.cs", program.Code);
        }

        _folder.Write("Programs.slnx", $"""
            <Solution>
            {string.Join('\n', FirstProgram.All.Select(program => $"  <Project Path=\"{program.Name}/{program.Name}.csproj\" />"))}
            </Solution>
            """);

        (await _folder.RunAsync("restore")).Succeeded();
        Build = await _folder.BuildAsync();
        StrictBuild = await _folder.BuildAsync($"{FirstProgram.All.Single(program => program.Warning.Length == 0).Name}", "-p:AsyncLlmAnalysisMode=Strict");
        Format = await _folder.FormatAnalyzersAsync(["--severity", "info", "--diagnostics", .. FirstProgram.All.Select(program => program.Fixed).Distinct()]);
        BuildAfter = await _folder.BuildAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
