namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>The checkout these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string FindRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AsyncLlmAnalyzers.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No AsyncLlmAnalyzers.sln in or above {start}: run the tests from a build inside the repository.");
    }
}
