namespace RealWorld;

/// <summary>A folder of sources; a git directory is checked out into a temporary one, as far as a compiler reads it.</summary>
internal sealed class SourceFolder : IDisposable
{
    /// <summary>What a compiler reads, and the files at the top, by which projects find it.</summary>
    private static readonly string[] Read = ["*.cs", "*.csproj", "*.props", "*.targets", ":(glob)*"];

    private readonly bool isTemporary;

    private SourceFolder(string path, bool isTemporary)
    {
        Path = path;
        this.isTemporary = isTemporary;
    }

    public string Path { get; }

    public static async Task<SourceFolder> OpenAsync(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(path))
            throw new FormatException($"{path} does not exist");
        if (!File.Exists(System.IO.Path.Combine(path, "HEAD")))
            return new SourceFolder(path, isTemporary: false);

        var target = Directory.CreateTempSubdirectory("realworld-").FullName;
        var index = ("GIT_INDEX_FILE", System.IO.Path.Combine(target, ".git-index"));
        await GitAsync(path, ["read-tree", "HEAD"], index);
        var files = await GitAsync(path, ["ls-files", "-z", "--", .. Read], index);

        // A snapshot may lack its largest objects: only what is read is asked for, and git goes on after one that is missing.
        await GitAsync(path, ["checkout-index", "-z", "--stdin", $"--prefix={target}/"], index, files, mayFail: true);
        return new SourceFolder(target, isTemporary: true);
    }

    public IEnumerable<string> Files(string pattern) => FilesUnder(Path, pattern);

    public static IEnumerable<string> FilesUnder(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
            .Where(file => !System.IO.Path.GetRelativePath(folder, file).Split('/', '\\').Any(part => part is "bin" or "obj" or "node_modules" or ".git"))
            .Order(StringComparer.Ordinal);

    public string Relative(string file) => System.IO.Path.GetRelativePath(Path, file).Replace('\\', '/');

    public void Dispose()
    {
        if (isTemporary)
            Directory.Delete(Path, recursive: true);
    }

    private static async Task<string> GitAsync(string gitDirectory, string[] arguments, (string, string) index, string? input = null, bool mayFail = false)
    {
        var (exitCode, output) = await Processes.RunAsync("git", [$"--git-dir={gitDirectory}", .. arguments], input: input, environment: index);
        return exitCode == 0 || mayFail ? output : throw new FormatException($"git {arguments[0]}: {output}");
    }
}
