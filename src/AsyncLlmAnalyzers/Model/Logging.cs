using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Tells calls that only report something from calls that do something.</summary>
internal static class Logging
{
    private static readonly string[] Names = ["Log", "Write", "Print", "Trace", "Debug", "Info", "Warn", "Error", "Fatal", "ToString", "Format", "Concat"];

    public static bool Is(IInvocationOperation? call) =>
        call is not null && (Names.Any(name => call.TargetMethod.Name.IndexOf(name, StringComparison.Ordinal) >= 0) || call.TargetMethod.Name == "ConfigureAwait" && Is(call.Instance as IInvocationOperation));
}
