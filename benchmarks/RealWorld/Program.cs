using System.IO.Enumeration;
using RealWorld;

Arguments arguments;
SourceFolder folder;
var sources = new List<SourceFolder>();
try
{
    arguments = Arguments.Parse(args);
    folder = await SourceFolder.OpenAsync(arguments.Folder);
    foreach (var source in arguments.Sources)
        sources.Add(await SourceFolder.OpenAsync(source));
}
catch (FormatException exception)
{
    Console.Error.WriteLine($"{exception.Message}\n\n{Arguments.Usage}");
    return 2;
}

try
{
    var report = await RunAsync();
    if (arguments.Cost)
        return 0;

    report.Print(folder, arguments.Ids);
    if (arguments.Json is { } json)
        await report.WriteJsonAsync(json);
    return report.HasCrashes || report.BrokenFixes > 0 ? 1 : report.ProvesNothing && arguments.RequireBound ? 3 : 0;
}
finally
{
    folder.Dispose();
    sources.ForEach(source => source.Dispose());
}

async Task<Report> RunAsync()
{
    var packages = new PackageFolder();
    var compiler = new ProjectCompiler(packages, sources, arguments.Packages);
    var chosen = folder.Files("*.csproj").Where(path => FileSystemName.MatchesSimpleExpression(arguments.ProjectsGlob, folder.Relative(path))).ToList();
    await Parallel.ForEachAsync(chosen, async (path, _) => await compiler.EvaluateAsync(path));
    if (arguments.Restore.Count > 0)
        await PackageRestore.RestoreAsync(await compiler.PackagesOfAsync(chosen), arguments.Restore, packages);

    using var changes = arguments.Fixes is { } file ? File.CreateText(file) : null;
    var fixes = changes is null ? null : new Fixes(changes, folder, arguments.Options, arguments.Ids);
    var findings = new HashSet<Finding>();
    var calls = new Dictionary<(string, int, int), Call>();
    var compiled = new HashSet<string>();
    foreach (var path in chosen)
    {
        if (await compiler.CompileAsync(path) is not { } compilation)
            continue;

        if (arguments.Cost)
        {
            await Cost.PrintAsync(folder.Relative(path), compilation);
            continue;
        }

        if (fixes is not null)
            await fixes.ApplyAsync(compilation);
        findings.UnionWith(await Analysis.FindAsync(compilation, folder, arguments.Options));
        compiled.UnionWith(compilation.SyntaxTrees.Select(tree => tree.FilePath));
        var inProject = Analysis.CallsIn(compilation, folder).ToList();
        inProject.ForEach(Add);
        Console.WriteLine($"{folder.Relative(path)}: {compilation.SyntaxTrees.Length} files, {inProject.Count(call => call.IsBound)} of {inProject.Count} calls bound");
    }

    if (fixes is not null)
        Console.WriteLine($"Fixes: {fixes.Offered} offered, {fixes.NotOffered} findings without, {fixes.Broken} broken");
    var scope = arguments.ProjectsGlob == "*" ? [folder.Path] : chosen.Select(path => Path.GetDirectoryName(path)!);
    foreach (var source in scope.SelectMany(directory => SourceFolder.FilesUnder(directory, "*.cs")).Where(compiled.Add))
        Analysis.CallsIn(source, folder).ToList().ForEach(Add);

    return new Report(
        [.. findings.OrderBy(finding => finding.Path, StringComparer.Ordinal).ThenBy(finding => finding.Line)],
        [.. calls.Values.OrderBy(call => call.Path, StringComparer.Ordinal).ThenBy(call => call.Line)],
        arguments is { Labels: { } labels, Repository: { } repository } ? Label.Read(labels, repository) : [])
    {
        UnreadableProjects = [.. compiler.Failures.Select(failure => $"{folder.Relative(failure.Path)}: {failure.Reason}")],
        MissingPackages = compiler.MissingPackages,
        BrokenFixes = fixes?.Broken ?? 0,
    };

    // A file may belong to several projects; the one that binds the call counts.
    void Add(Call call)
    {
        var place = (call.Path, call.Line, call.Column);
        if (!calls.TryGetValue(place, out var other) || !other.IsBound)
            calls[place] = call;
    }
}
