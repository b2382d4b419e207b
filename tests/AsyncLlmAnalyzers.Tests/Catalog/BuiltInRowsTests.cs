using System.Collections.Immutable;
using System.Text.Json;
using AsyncLlmAnalyzers.Catalog;
using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Tests.Catalog;

/// <summary>Holds every built-in row against the assemblies of the package named above it.</summary>
public class BuiltInRowsTests
{
    /// <summary>Packages that cannot be restored everywhere, or not in that version: their rows were read from sources.</summary>
    private static readonly string[] ReadInSources =
    [
        "AWSSDK.BedrockRuntime", "Anthropic.SDK 5.10.0", "AsyncEnumerator", "AutoGen.Core 0.4.0", "Google.GenAI 0.1.0", "Google.GenAI later than 0.2",
        "LLamaSharp 0.28.0", "LangChain.Core", "Microsoft.Agents.AI.Anthropic", "Microsoft.Agents.AI.OpenAI", "Microsoft.Extensions.AI.Abstractions previews before 9.3", "Microsoft.KernelMemory.Abstractions 0.98",
        "Microsoft.ML.OnnxRuntimeGenAI 0.16.0", "Microsoft.SemanticKernel.Agents.Abstractions", "Microsoft.SemanticKernel.Agents.Core", "Microsoft.SemanticKernel.Connectors.Onnx", "Mistral.SDK 2.3.1",
        "Mscc.GenerativeAI 3.1.0", "OpenAI 2.2.0..2.7.0",
    ];

    private static readonly string[] Frameworks = ["net10.0", "net9.0", "net8.0", "net6.0", "netstandard2.1", "netstandard2.0"];

    /// <summary>Without a version while it grows: rows of types it does not have yet are left out. With one, all must be there.</summary>
    private const string Runtime = "AsyncLlm";

    public static TheoryData<string> PackagesNamed => [.. LlmCatalog.BuiltIn.Select(entry => entry.Package ?? "").Distinct()];

    [Fact]
    public void Files_have_no_errors_and_no_row_is_without_a_package()
    {
        Empty(CatalogFiles.All.SelectMany(file => file.Errors).Select(error => $"{error.Path}({error.LineSpan.Start.Line + 1},{error.LineSpan.Start.Character + 1}): {error.Message}"));
        Empty(LlmCatalog.BuiltIn.Where(entry => entry.Package is null).Select(Place));
        Assert.Equal(LlmCatalog.BuiltIn.Length, CatalogFiles.All.Sum(file => file.Entries.Length));
    }

    /// <summary>A header that names no assembly of the package would never soften a finding.</summary>
    [Fact]
    public void Measured_versions_name_assemblies_and_cover_the_ones_in_use() =>
        Empty(LlmCatalog.BuiltIn
            .Where(entry => entry.Versions is not null && Restored.Value.Contains(entry.Package!))
            .Select(entry => entry.Versions!)
            .Distinct()
            .Where(versions => !CatalogCompilation.TrustedAssemblies.Any(path => Path.GetFileNameWithoutExtension(path) == versions.Split(' ')[0])
                || !MeasuredVersions.Cover(versions, CatalogCompilation.Create(""))));

    [Fact]
    public void A_type_and_member_stands_in_one_row_of_all_files() =>
        Empty(LlmCatalog.BuiltIn
            .Where(entry => entry.Kind != CatalogKind.Middleware)
            .SelectMany(entry => entry.Members.Select(member => (Name: $"{entry.Type} | {member}", Entry: entry)))
            .GroupBy(row => row.Name)
            .Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(row => Place(row.Entry)))}"));

    [Fact]
    public void No_call_row_makes_the_name_filter_let_everything_through() =>
        Empty(LlmCatalog.BuiltIn
            .Where(entry => entry.Kind <= CatalogKind.Raw || entry.Kind == CatalogKind.Executor)
            .Where(entry => entry.Members.Any(member => member.IndexOf('*') is >= 0 and < 4))
            .Select(Place));

    [Theory]
    [MemberData(nameof(PackagesNamed))]
    public void Every_row_matches_the_assemblies_of_its_package(string package)
    {
        if (ReferencesOf(package) is not { } references)
        {
            Assert.Contains(package, ReadInSources);
            return;
        }

        Assert.DoesNotContain(package, ReadInSources);
        var compilation = CatalogCompilation.Create("", references);
        var catalog = CatalogCompilation.Resolve(compilation);
        var rows = LlmCatalog.BuiltIn.Where(entry => entry.Package == package && (package != Runtime || PublicType(compilation, entry.Type) is not null));
        Empty(rows.SelectMany(entry => Problems(entry, compilation, catalog).Select(problem => $"{Place(entry)}: {problem}")));
    }

    private static void Empty(IEnumerable<string> problems)
    {
        var list = string.Join(Environment.NewLine, problems);
        Assert.True(list.Length == 0, list);
    }

    private static IEnumerable<string> Problems(CatalogEntry entry, Compilation compilation, LlmCatalog catalog)
    {
        if (PublicType(compilation, entry.Type) is not { } type)
        {
            yield return $"no type {entry.Type}";
            yield break;
        }

        foreach (var pattern in entry.Kind is CatalogKind.Http ? [] : entry.Members)
        {
            var methods = PublicTypes(compilation, entry.Type)
                .SelectMany(found => pattern == ".ctor" ? [found] : WithInherited(found))
                .SelectMany(current => current.GetMembers().OfType<IMethodSymbol>())
                .Where(method => CatalogPattern.IsMatch(pattern, method.Name) && method.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal)
                .ToArray();
            if (methods.Length == 0)
                yield return $"no member {entry.Type}.{pattern}";

            if (entry.HasTrait("twin") && methods.All(method => catalog.FindAsyncTwin(method, entry) is null))
                yield return $"no async twin of {entry.Type}.{pattern}";
            foreach (var method in methods.Where(_ => entry.Kind <= CatalogKind.Raw))
            {
                if (ShapeProblem(entry, method) is { } problem)
                    yield return $"{method.ToDisplayString()} {problem}";
                if (catalog.FindCall(method, type) is not { } found || found.Kind != entry.Kind)
                    yield return $"FindCall does not find {method.ToDisplayString()}";
            }

            foreach (var method in methods.Where(_ => entry.Kind == CatalogKind.Executor))
            {
                if (catalog.FindExecutor(method, type) is not { } found || found.Roles != entry.Roles)
                    yield return $"FindExecutor does not find {method.ToDisplayString()}";
            }
        }

        if (entry.TraitValue("batch") is { } batch && !WithInherited(type).Any(current => !current.GetMembers(batch).IsEmpty) && !CanBatchElsewhere(entry, batch))
            yield return $"no batch member {batch}";
        if (entry.TraitValue("options") is { } options && PublicType(compilation, options) is null)
            yield return $"no options type {options}";
        if (entry.TraitValue("inner") is { } inner && PublicType(compilation, inner) is null)
            yield return $"no inner type {inner}";
        if (entry.RateLimit is { Length: > 0 } and not "inner")
        {
            var parts = entry.RateLimit.Split(':');
            if (PublicType(compilation, parts[0]) is not { } exception || (parts.Length > 1 && PropertyAt(exception, parts[1]) is null))
                yield return $"no {entry.RateLimit}";
        }

        var owner = entry.HasTrait("settings") || entry.HasTrait("properties-on-client") ? type : PublicType(compilation, entry.TraitValue("options") ?? "");
        foreach (var path in new[] { "timeoutProperty", "retryProperty", "transport" }.SelectMany(entry.TraitValues))
        {
            if (owner is null || PropertyAt(owner, path) is null)
                yield return $"no property {path}";
        }

        foreach (var service in entry.TraitValues("provides"))
        {
            if (PublicType(compilation, service) is null)
                yield return $"no type {service}";
        }

        if (entry.TraitValue("count") is { } count && !type.InstanceConstructors.Any(constructor => constructor.Parameters.Any(parameter => parameter.Name == count)))
            yield return $"no parameter {count}";
    }

    private static INamedTypeSymbol? PublicType(Compilation compilation, string name) =>
        PublicTypes(compilation, name).FirstOrDefault();

    /// <summary>More than one when packages extend each other's static classes.</summary>
    private static IEnumerable<INamedTypeSymbol> PublicTypes(Compilation compilation, string name) =>
        compilation.GetTypesByMetadataName(name).Where(type => type.DeclaredAccessibility == Accessibility.Public);

    /// <summary>The batch member of an extension stands on the interface it extends.</summary>
    private static bool CanBatchElsewhere(CatalogEntry entry, string batch) =>
        LlmCatalog.BuiltIn.Any(other => other.Path == entry.Path && other.HasTrait("batchable") && other.Matches(batch));

    private static string? ShapeProblem(CatalogEntry entry, IMethodSymbol method)
    {
        var result = method.ReturnType;
        var isTask = result.Name is "Task" or "ValueTask";
        var awaited = ReturnTypes.Awaited(result);
        var agrees = entry.Shape switch
        {
            CallShape.Task => isTask && ReturnTypes.AsyncStreamElement(awaited) is null,
            CallShape.StreamLazy => !isTask && ReturnTypes.AsyncStreamElement(result) is not null,
            CallShape.StreamTask => isTask && ReturnTypes.AsyncStreamElement(awaited) is not null,
            CallShape.ResponseStream => isTask && ReturnTypes.AsyncStreamElement(awaited) is null,
            CallShape.SyncStream => ReturnTypes.IsSyncStream(result) && !ReturnTypes.IsAsynchronous(result),
            CallShape.Sync or CallShape.Cpu or CallShape.Blocks => !isTask,
            _ => true,
        };
        return agrees ? null : $"returns {result.ToDisplayString()}, which is not {entry.Shape}";
    }

    private static IEnumerable<INamedTypeSymbol> WithInherited(INamedTypeSymbol type)
    {
        for (var current = type; current is not null; current = current.BaseType)
            yield return current;
    }

    private static ISymbol? PropertyAt(INamedTypeSymbol type, string path)
    {
        ISymbol? property = null;
        foreach (var name in path.Split('.'))
        {
            property = WithInherited(type).SelectMany(current => current.GetMembers(name)).FirstOrDefault(member => member is IPropertySymbol or IFieldSymbol);
            if (property is null)
                return null;
            type = (property as IPropertySymbol)?.Type as INamedTypeSymbol ?? type;
        }

        return property;
    }

    private static string Place(CatalogEntry entry) => $"{entry.Path}({entry.Line + 1}) {entry}";

    /// <summary>Null when no assembly of that version is here.</summary>
    private static ImmutableArray<MetadataReference>? ReferencesOf(string package)
    {
        if (package is "Microsoft.NETCore.App" or Runtime or "AsyncLlm.Polly" || Restored.Value.Contains(package))
            return CatalogCompilation.References;
        if (package.Split(' ') is not [var name, var version])
            return null;

        var folder = Path.Combine(Packages.Root, name.ToLowerInvariant(), version, "lib");
        var framework = Frameworks.Select(framework => Path.Combine(folder, framework)).FirstOrDefault(Directory.Exists);
        if (framework is null)
            return null;

        var downloaded = Directory.GetFiles(framework, "*.dll").Concat(Companions(package)).ToArray();
        var names = downloaded.Select(Path.GetFileName).ToHashSet();
        return [.. CatalogCompilation.References.Where(reference => !names.Contains(Path.GetFileName(reference.Display))), .. downloaded.Select(path => MetadataReference.CreateFromFile(path))];
    }

    private static string[] Companions(string package) => package switch
    {
        "Azure.AI.OpenAI 1.0.0-beta.6" => [Path.Combine(Packages.Root, "azure.core", "1.36.0", "lib", "netstandard2.0", "Azure.Core.dll")],
        "Microsoft.Extensions.Http.Polly 10.0.15" or "Microsoft.Extensions.Http.Resilience 10.11.0" =>
        [
            Path.Combine(Packages.Root, "microsoft.extensions.http", "10.0.15", "lib", "net10.0", "Microsoft.Extensions.Http.dll"),
            Path.Combine(Packages.Root, "polly", "7.2.4", "lib", "netstandard2.0", "Polly.dll"),
        ],
        _ => [],
    };

    private static readonly Lazy<HashSet<string>> Restored = new(() =>
    {
        using var dependencies = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(typeof(BuiltInRowsTests).Assembly.Location, ".deps.json")));
        return [.. dependencies.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Name.Replace('/', ' '))];
    });
}
