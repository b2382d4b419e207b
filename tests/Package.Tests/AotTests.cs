using AsyncLlmAnalyzers.Tests.Consistency;

namespace Package.Tests;

public sealed class AotTests
{
    /// <summary>Warnings of the trimmer (IL2xxx) and of the native compiler (IL3xxx) are errors, as all warnings here.</summary>
    [Fact]
    public async Task A_program_that_uses_every_public_member_is_compiled_ahead_of_time_without_a_warning_and_runs()
    {
        var output = Directory.CreateTempSubdirectory();
        try
        {
            var publish = await DotNet.RunAsync(
                Path.Combine(Repository.Root, "tests", "AsyncLlm.AotApp"),
                "publish", "-c", "Release", "--use-current-runtime", "--nologo", "-p:ArtifactsPath=" + Path.Combine(output.FullName, "artifacts"), "-o", Path.Combine(output.FullName, "app"));
            publish.Succeeded().Says("Generating native code");
            Assert.DoesNotContain("warning IL", publish.Output, StringComparison.Ordinal);

            using var program = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo(Path.Combine(output.FullName, "app", "AsyncLlm.AotApp" + (OperatingSystem.IsWindows() ? ".exe" : ""))) { RedirectStandardOutput = true })!;
            Assert.Contains("every member used", await program.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
            await program.WaitForExitAsync();
            Assert.Equal(0, program.ExitCode);
        }
        finally
        {
            output.Delete(recursive: true);
        }
    }
}
