using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace RealWorld;

/// <summary>
/// Makes a compilation of a project: its sources against .NET 10, the package folder and the projects it refers to.
/// Nothing is built; what cannot be found leaves errors behind, which the share of bound calls shows.
/// </summary>
internal sealed partial class ProjectCompiler(PackageFolder packages, IReadOnlyList<SourceFolder> sources, IReadOnlyList<string> morePackages)
{
    private static readonly string[] Constants =
        ["NET", "NETCOREAPP", "NET10_0", .. Enumerable.Range(5, 6).Select(version => $"NET{version}_0_OR_GREATER"),
            "NETCOREAPP2_0_OR_GREATER", "NETCOREAPP2_1_OR_GREATER", "NETCOREAPP3_0_OR_GREATER", "NETCOREAPP3_1_OR_GREATER"];

    private readonly ConcurrentDictionary<string, Task<(ProjectFile? Project, string? Failure)>> projects = new();
    private readonly Dictionary<string, CSharpCompilation?> compilations = [];
    private readonly Dictionary<string, PortableExecutableReference> references = [];
    private readonly IReadOnlyList<Library> framework = [.. FrameworkAssemblies().Select(Library.At)];
    private readonly ILookup<string, string> sourceProjects = sources
        .SelectMany(source => source.Files("*.csproj"))
        .SelectMany(path => PackageNames(path), (path, name) => (path, name))
        .ToLookup(project => project.name, project => project.path, StringComparer.OrdinalIgnoreCase);

    /// <summary>Packages that neither the package folder nor the source folders have.</summary>
    public SortedSet<string> MissingPackages { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Projects that MSBuild cannot evaluate, each with its reason.</summary>
    public IEnumerable<(string Path, string Reason)> Failures =>
        projects.Where(project => project.Value is { IsCompletedSuccessfully: true, Result.Failure: not null })
            .Select(project => (project.Key, project.Value.Result.Failure!))
            .Order();

    public async Task<ProjectFile?> EvaluateAsync(string path) =>
        File.Exists(path) ? (await projects.GetOrAdd(path, ProjectFile.EvaluateAsync)).Project : null;

    /// <summary>The packages named by projects and by what they refer to.</summary>
    public async Task<IReadOnlySet<string>> PackagesOfAsync(IEnumerable<string> paths)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var path in paths)
        {
            if (await EvaluateAsync(path) is { } project)
                names.UnionWith((await NeededByAsync(project)).SelectMany(PackagesOf));
        }

        return names;
    }

    /// <summary>Null for a project that cannot be evaluated, and for one that is being compiled: a cycle is cut where it closes.</summary>
    public async Task<CSharpCompilation?> CompileAsync(string path)
    {
        if (compilations.TryGetValue(path, out var known))
            return known;

        compilations.Add(path, null);
        if (await EvaluateAsync(path) is not { } project)
            return null;

        var libraries = framework.ToDictionary(library => library.Name);
        var referencedProjects = new List<CompilationReference>();
        foreach (var needed in await NeededByAsync(project))
        {
            if (needed.Path != path && await CompileAsync(needed.Path) is { } compilation)
                referencedProjects.Add(compilation.ToMetadataReference());
            MissingPackages.UnionWith(PackagesOf(needed).Where(package => !packages.Contains(package) && !sourceProjects.Contains(package)));
            foreach (var library in PackagesOf(needed).Where(packages.Contains).SelectMany(packages.Assemblies).Select(Library.At))
            {
                if (!libraries.TryGetValue(library.Name, out var other) || other.Version < library.Version)
                    libraries[library.Name] = library;
            }
        }

        foreach (var referenced in referencedProjects)
            libraries.Remove(referenced.Compilation.AssemblyName!);

        var options = new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.None, preprocessorSymbols: [.. project.Constants, .. Constants]);
        return compilations[path] = CSharpCompilation.Create(
            project.AssemblyName,
            project.Sources.Where(File.Exists).Select(Parse).Append(GeneratedFile()),
            [.. libraries.Values.Select(library => Reference(library.Path)), .. referencedProjects],
            new CSharpCompilationOptions(
                project.IsProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
                allowUnsafe: project.AllowsUnsafe,
                nullableContextOptions: project.IsNullable ? NullableContextOptions.Enable : NullableContextOptions.Disable,
                assemblyIdentityComparer: DesktopAssemblyIdentityComparer.Default));

        SyntaxTree Parse(string file)
        {
            using var stream = File.OpenRead(file);
            return CSharpSyntaxTree.ParseText(SourceText.From(stream), options, file);
        }

        SyntaxTree GeneratedFile() => CSharpSyntaxTree.ParseText(
            string.Join('\n', project.GlobalUsings.Concat(project.Friends.Select(friend => $"[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"{friend}\")]"))),
            options,
            path + ".g.cs");
    }

    /// <summary>The project, the projects it refers to, and the source projects that stand for packages, each once.</summary>
    private async Task<IReadOnlyList<ProjectFile>> NeededByAsync(ProjectFile project)
    {
        var needed = new List<ProjectFile> { project };
        for (var i = 0; i < needed.Count; i++)
        {
            var standIns = PackagesOf(needed[i]).Where(package => !packages.Contains(package)).SelectMany(package => sourceProjects[package].Take(1));
            foreach (var path in needed[i].Projects.Concat(standIns))
            {
                if (needed.All(other => other.Path != path) && await EvaluateAsync(path) is { } next)
                    needed.Add(next);
            }
        }

        return needed;
    }

    private IEnumerable<string> PackagesOf(ProjectFile project) => project.Packages.Concat(morePackages);

    /// <summary>What the package of a project may be called, without evaluating it.</summary>
    private static IEnumerable<string> PackageNames(string path) =>
        PackageName().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value).Append(Path.GetFileNameWithoutExtension(path)).Distinct();

    [GeneratedRegex("<(?:AssemblyName|PackageId)>([^<]+)<")]
    private static partial Regex PackageName();

    private PortableExecutableReference Reference(string path) =>
        references.TryGetValue(path, out var reference) ? reference : references[path] = MetadataReference.CreateFromFile(path);

    private static IEnumerable<string> FrameworkAssemblies()
    {
        var version = Environment.Version;
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var dotnet = Path.GetFullPath(Path.Combine(runtime, "..", "..", ".."));
        return new[] { "Microsoft.NETCore.App", "Microsoft.AspNetCore.App" }.SelectMany(name =>
        {
            var pack = Path.Combine(dotnet, "packs", $"{name}.Ref");
            var newest = Directory.Exists(pack)
                ? Directory.EnumerateDirectories(pack, $"{version.Major}.*").Select(folder => Path.Combine(folder, "ref", $"net{version.Major}.0")).LastOrDefault(Directory.Exists)
                : null;
            return Directory.EnumerateFiles(newest ?? Path.Combine(dotnet, "shared", name, Path.GetFileName(runtime)), "*.dll").Where(IsManaged);
        });
    }

    private static bool IsManaged(string path)
    {
        try
        {
            return AssemblyName.GetAssemblyName(path) is not null;
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }

    private sealed record Library(string Name, Version Version, string Path)
    {
        private static readonly ConcurrentDictionary<string, Library> Known = new();

        public static Library At(string path) => Known.GetOrAdd(path, path =>
        {
            var name = AssemblyName.GetAssemblyName(path);
            return new Library(name.Name!, name.Version!, path);
        });
    }
}
