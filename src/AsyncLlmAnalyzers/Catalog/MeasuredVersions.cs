using System.Globalization;
using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>Reads <c>System.ClientModel 1.10..1.16</c>: the versions that a row's timeouts and retries were measured on.</summary>
internal static class MeasuredVersions
{
    /// <summary>False only where the assembly is referenced in a version outside of the range: then the row may no longer be true.</summary>
    public static bool Cover(string? versions, Compilation compilation)
    {
        if (versions?.Split(' ') is not [var name, var range])
            return true;

        var referenced = compilation.ReferencedAssemblyNames.FirstOrDefault(identity => identity.Name == name)?.Version;
        if (referenced is null)
            return true;

        var dots = range.IndexOf("..", StringComparison.Ordinal);
        var (lowest, highest) = dots < 0 ? (range, range) : (range.Substring(0, dots), range.Substring(dots + 2));
        return !(TryParse(lowest, out var from) && TryParse(highest, out var to)) || (Compare(referenced, from) >= 0 && Compare(referenced, to) <= 0);
    }

    private static bool TryParse(string text, out int[] parts)
    {
        var words = text.Split('.');
        parts = new int[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out parts[i]))
                return false;
        }

        return true;
    }

    /// <summary>By as many parts as are written: 1.16.3 is 1.16.</summary>
    private static int Compare(Version version, int[] parts)
    {
        int[] own = [version.Major, version.Minor, Math.Max(version.Build, 0), Math.Max(version.Revision, 0)];
        return parts.Take(own.Length).Select((part, i) => own[i].CompareTo(part)).FirstOrDefault(order => order != 0);
    }
}
