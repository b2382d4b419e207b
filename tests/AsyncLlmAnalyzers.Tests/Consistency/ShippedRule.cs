using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Diagnostics;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>What can be reported, as reflection over the shipped assemblies finds it.</summary>
/// <param name="Descriptor">Id, texts, severity.</param>
/// <param name="Name">The name its files carry: <c>UnboundedFanOut</c>.</param>
/// <param name="IsHosted">Whether the dispatcher runs it; the rest are analyzers or actions of their own.</param>
internal sealed record ShippedRule(DiagnosticDescriptor Descriptor, string Name, bool IsHosted)
{
    public static ImmutableArray<ShippedRule> All { get; } = Discover();

    public static ImmutableArray<CodeFixProvider> Fixes { get; } =
    [
        .. typeof(LlmFix).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<ExportCodeFixProviderAttribute>() is not null)
            .Select(type => (CodeFixProvider)Activator.CreateInstance(type)!),
    ];

    public string Id => Descriptor.Id;

    public bool HasFix => Fixes.Any(fix => fix.FixableDiagnosticIds.Contains(Id));

    public string Page => $"docs/rules/{Id}.md";

    public bool Is(string tag) => Descriptor.CustomTags.Contains(tag);

    public static ShippedRule Of(string id) => All.Single(rule => rule.Id == id);

    private static ImmutableArray<ShippedRule> Discover()
    {
        var assembly = typeof(LlmAnalyzer).Assembly;
        var hosted = LlmAnalyzer.Rules.Select(rule => new ShippedRule(rule.Descriptor, NameOf(rule.GetType()), IsHosted: true)).ToList();
        var others =
            from type in assembly.GetTypes()
            where !type.IsAbstract && typeof(DiagnosticAnalyzer).IsAssignableFrom(type)
            from descriptor in ((DiagnosticAnalyzer)Activator.CreateInstance(type)!).SupportedDiagnostics
            where hosted.TrueForAll(rule => rule.Descriptor != descriptor)
            select new ShippedRule(descriptor, NameOf(DeclaringTypeOf(descriptor)), IsHosted: false);

        return [.. hosted.Concat(others).OrderBy(rule => rule.Id, StringComparer.Ordinal)];

        Type DeclaringTypeOf(DiagnosticDescriptor descriptor) => assembly.GetTypes().Single(type => type
            .GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Any(field => field.FieldType == typeof(DiagnosticDescriptor) && ReferenceEquals(field.GetValue(null), descriptor)));
    }

    private static string NameOf(Type type) =>
        new[] { "Rule", "Analyzer" }.FirstOrDefault(suffix => type.Name.EndsWith(suffix, StringComparison.Ordinal)) is { } suffix
            ? type.Name[..^suffix.Length]
            : type.Name;
}
