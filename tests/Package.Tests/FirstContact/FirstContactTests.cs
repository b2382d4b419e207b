namespace Package.Tests.FirstContact;

/// <summary>What somebody sees who installs the package into a first program: the problem named by a plain build, with no configuration, and a fix.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class FirstContactTests(FirstPrograms programs) : IClassFixture<FirstPrograms>
{
    public static TheoryData<FirstProgram> All => [.. FirstProgram.All];

    [Theory, MemberData(nameof(All))]
    public void Plain_build_names_the_problem(FirstProgram program)
    {
        if (program.Warning.Length > 0)
            Assert.Contains(program.Warning, programs.Build.Succeeded().ReportedIn(program.Name));
        else
            Assert.Contains(programs.StrictBuild.Succeeded().ReportedIn(program.Name), reported => reported.EndsWith($"warning {program.Fixed}", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(All))]
    public void Fix_repairs_it(FirstProgram program)
    {
        programs.Format.Succeeded();
        Assert.NotEqual(program.Code, programs.Read(program));

        var left = programs.BuildAfter.Succeeded().ReportedIn(program.Name);
        Assert.True(program.Warning.Length == 0 || !left.Any(reported => reported.EndsWith(program.Warning[^8..], StringComparison.Ordinal)),
            $"{string.Join('\n', left)}\nin\n{programs.Read(program)}");
    }
}
