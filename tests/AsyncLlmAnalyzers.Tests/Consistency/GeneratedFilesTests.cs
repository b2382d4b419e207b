namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>What is derived from the rules equals what they derive. <c>UPDATE_GENERATED=1</c> makes it so.</summary>
public class GeneratedFilesTests
{
    private const string Releases = "src/AsyncLlmAnalyzers/AnalyzerReleases";

    private static readonly Dictionary<string, Func<string, string>> Files = Preset.All
        .ToDictionary<Preset, string, Func<string, string>>(
            preset => $"src/AsyncLlmAnalyzers.Package/config/{preset.Name}.globalconfig",
            preset => _ => preset.GlobalConfig())
        .Append(new("README.md", text => GeneratedText.Between(text, "rules", GeneratedTables.RulesOfReadme())))
        .Append(new("docs/rules/README.md", text => GeneratedText.Between(text, "rules", GeneratedTables.RuleIndex())))
        .Append(new("docs/configuration.md", Configuration))
        .Append(new($"{Releases}.Unshipped.md", _ => GeneratedTables.UnshippedRules(File.ReadAllText(Repository.PathOf($"{Releases}.Shipped.md")))))
        .ToDictionary();

    public static TheoryData<string> Paths => [.. Files.Keys];

    [Theory, MemberData(nameof(Paths))]
    public void Is_up_to_date(string path) => GeneratedText.Check(path, Files[path]);

    [Fact]
    public void Package_ships_no_preset_beside_the_generated_ones() => Assert.Equal(
        Preset.All.Select(preset => $"{preset.Name}.globalconfig").Order(),
        Directory.GetFiles(Repository.PathOf("src/AsyncLlmAnalyzers.Package/config")).Select(Path.GetFileName).Order());

    private static string Configuration(string text) => GeneratedText.Between(
        GeneratedText.Between(text, "options", GeneratedTables.OptionTable()),
        "presets",
        GeneratedTables.PresetTable());
}
