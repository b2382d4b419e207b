using System.Diagnostics;

namespace AsyncLlm.Simulator.Tests;

/// <summary>Runs the simulator as its users do.</summary>
internal static class SimulatorProcess
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "AsyncLlm.Simulator.dll");

    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(host, [Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }

    public static async Task<(int ExitCode, string Output)> RunMatrixAsync(string matrix, params string[] arguments)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, matrix);
            return await RunAsync(["--matrix", file, .. arguments]);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
