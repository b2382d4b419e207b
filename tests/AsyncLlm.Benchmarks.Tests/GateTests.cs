using System.Diagnostics;

namespace AsyncLlm.Benchmarks.Tests;

public sealed class GateTests
{
    [Fact]
    public async Task Bytes_are_what_they_have_to_be_and_times_within_the_gate()
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        using var process = Process.Start(
            new ProcessStartInfo(host, [Path.Combine(AppContext.BaseDirectory, "AsyncLlm.Benchmarks.dll"), "--gate"]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Contains("LlmTask.WhenAll", output, StringComparison.Ordinal);
        Assert.True(process.ExitCode == 0, output);
    }
}
