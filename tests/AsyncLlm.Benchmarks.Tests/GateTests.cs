using System.Diagnostics;

namespace AsyncLlm.Benchmarks.Tests;

public sealed class GateTests
{
    // What else the machine does makes a time look worse, never better: one run within the gate is enough.
    private const int Runs = 4;

    [Fact]
    public async Task Bytes_are_what_they_have_to_be_and_times_within_the_gate()
    {
        var outputs = new List<string>();
        while (outputs.Count < Runs)
        {
            var (exitCode, output) = await RunAsync();
            Assert.Contains("LlmTask.WhenAll", output, StringComparison.Ordinal);
            if (exitCode == 0)
                return;
            outputs.Add(output);
        }

        Assert.Fail(string.Join('\n', outputs));
    }

    private static async Task<(int ExitCode, string Output)> RunAsync()
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        using var process = Process.Start(
            new ProcessStartInfo(host, [Path.Combine(AppContext.BaseDirectory, "AsyncLlm.Benchmarks.dll"), "--gate"]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
