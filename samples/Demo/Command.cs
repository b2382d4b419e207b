using System.Diagnostics;
using System.Text;

namespace Demo;

/// <summary>A command that runs, its output captured.</summary>
internal sealed class Command : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private readonly Process _process;
    private readonly string _text;
    private readonly StringBuilder _output = new();

    private Command(ProcessStartInfo start)
    {
        _text = $"{start.FileName} {string.Join(' ', start.ArgumentList)}";
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _process.OutputDataReceived += Append;
        _process.ErrorDataReceived += Append;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static Command DotNet(string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };

        // `dotnet run` leaves its own build settings behind, and a build server that outlives the command keeps its files open.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        return new Command(start);
    }

    public static async Task<Run> RunDotNetAsync(string folder, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var command = DotNet(folder, arguments);
        return await command.EndAsync(cancellationToken);
    }

    public void PressCtrlC() => Interrupt.Send(_process.Id);

    public async Task<Run> EndAsync(CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Limit);
        try
        {
            await _process.WaitForExitAsync(limited.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StageFailedException($"It did not end within {Limit}.", Ended(exitCode: -1));
        }

        return Ended(_process.ExitCode);
    }

    /// <summary>Ends the command, too.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private Run Ended(int exitCode)
    {
        lock (_output)
            return new(_text, exitCode, _output.ToString());
    }

    private void Append(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
    }
}
