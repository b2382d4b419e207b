namespace Package.Tests;

/// <summary>A project with every snippet, built, formatted by <c>dotnet format analyzers</c> and built again.</summary>
public sealed class FormattedProject(PackedFeed feed) : IAsyncLifetime
{
    private ScratchProject _project = null!;

    internal Run BuildBefore { get; private set; } = null!;

    internal Run VerifyBefore { get; private set; } = null!;

    internal Run Format { get; private set; } = null!;

    internal Run VerifyAfter { get; private set; } = null!;

    internal Run BuildAfter { get; private set; } = null!;

    internal string Read(string file) => _project.Read(file);

    public async Task InitializeAsync()
    {
        _project = feed.NewProject(RuleSnippet.All.Select(snippet => (snippet.File, snippet.Code)));
        await _project.AddPackageAsync("AsyncLlmAnalyzers");

        string[] selection = ["--severity", "warn", "--diagnostics", .. RuleSnippet.All.Select(snippet => snippet.Id)];
        BuildBefore = await _project.BuildAsync();
        VerifyBefore = await _project.FormatAnalyzersAsync(["--verify-no-changes", .. selection]);
        Format = await _project.FormatAnalyzersAsync(selection);
        VerifyAfter = await _project.FormatAnalyzersAsync(["--verify-no-changes", .. selection]);
        BuildAfter = await _project.BuildAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;
}

/// <summary>The fixes of the package, applied to a whole project without an editor.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class DotNetFormatTests(FormattedProject project) : IClassFixture<FormattedProject>
{
    public static TheoryData<string> Ids => [.. RuleSnippet.All.Select(snippet => snippet.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void Fixes_what_the_build_reports(string id)
    {
        var snippet = RuleSnippet.All.Single(snippet => snippet.Id == id);

        Assert.True(project.BuildBefore.Succeeded().Reported.Contains(snippet.Warning), $"Expected {snippet.Warning} from\n{project.BuildBefore}");
        Assert.True(project.Read(snippet.File) != snippet.Code, $"{snippet.File} is as it was after\n{project.Format}");
        Assert.True(
            !project.BuildAfter.Succeeded().Reported.Any(reported => reported.EndsWith(id, StringComparison.Ordinal)),
            $"{id} is still reported in\n{project.Read(snippet.File)}\n{project.BuildAfter}");
    }

    [Fact]
    public void Verification_fails_before_and_passes_after()
    {
        project.VerifyBefore.Exited(2);
        project.Format.Succeeded();
        project.VerifyAfter.Succeeded();
    }
}
