using System.Reflection;
using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Hosting;

/// <summary>Makes descriptors: category from the id's family, help link from the repository the build names.</summary>
internal static class Descriptors
{
    private static readonly string RepositoryUrl = typeof(Descriptors).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(metadata => metadata.Key == "RepositoryUrl").Value!;

    public static DiagnosticDescriptor Create(
        string id,
        string title,
        string message,
        DiagnosticSeverity severity,
        string description,
        params string[] customTags) =>
        new(id, title, message, CategoryOf(id), severity, isEnabledByDefault: true, description, HelpLink(id), customTags);

    public static string HelpLink(string id) => $"{RepositoryUrl}/blob/main/docs/rules/{id}.md";

    private static string CategoryOf(string id) => id[4] switch
    {
        '1' => "Concurrency",
        '2' => "Blocking",
        '3' => "Cancellation",
        '4' => "RateLimits",
        '5' => "Streaming",
        '6' => "Lifetime",
        _ => "Configuration",
    };
}
