using System.Globalization;
using Demo;
using Spectre.Console;

if (args is not ([] or ["--keep"]))
{
    Console.Error.WriteLine("""
        The main job, end to end: pack, install, warn, fix; before, after, and before with a throttle against servers with limits.

          dotnet run --project samples/Demo [-- --keep]

          --keep   leaves the folder it worked in, and names it
        """);
    return 2;
}

Interrupt.Allow();
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

var screen = new Screen(AnsiConsole.Console);
var folder = Directory.CreateTempSubdirectory("async-llm-demo-");
try
{
    await new MainJob(folder, screen, stop.Token).RunAsync();
    return 0;
}
catch (StageFailedException failure)
{
    screen.Failed(failure);
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}
finally
{
    if (args is ["--keep"])
        screen.Say($"Kept: {folder.FullName}");
    else
        folder.Delete(recursive: true);
}
