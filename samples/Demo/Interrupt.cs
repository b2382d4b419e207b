using System.Runtime.InteropServices;

namespace Demo;

/// <summary>Ctrl+C, for another process.</summary>
internal static class Interrupt
{
    private const int SIGINT = 2;

    public static bool IsSupported => !OperatingSystem.IsWindows();

    public static void Send(int processId) => kill(processId, SIGINT);

    /// <summary>Started in the background by a script, this program and all it starts would be deaf to Ctrl+C.</summary>
    public static void Allow()
    {
        if (IsSupported)
            signal(SIGINT, handler: 0);
    }

    [DllImport("libc")]
    private static extern int kill(int processId, int signal);

    [DllImport("libc")]
    private static extern nint signal(int signal, nint handler);
}
