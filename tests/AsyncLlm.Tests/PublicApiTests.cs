using System.Reflection;
using AsyncLlm.Tests.Support;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace AsyncLlm.Tests;

public sealed class PublicApiTests
{
    private static readonly Assembly[] Libraries =
    [
        typeof(LlmTask).Assembly,
        typeof(LlmThrottleAIExtensions).Assembly,
        typeof(LlmThrottleOpenAIExtensions).Assembly,
        typeof(LlmThrottlePollyExtensions).Assembly,
    ];

    [Fact]
    public void The_public_surface_is_the_committed_one()
    {
        var file = Path.Combine(Repository(), "tests", "AsyncLlm.Tests", "PublicApi.txt");
        var actual = string.Concat(Libraries.Select(PublicApi.Of));
        if (Environment.GetEnvironmentVariable("UPDATE_GENERATED") == "1")
            File.WriteAllText(file, actual);

        var difference = InlineDiffBuilder.Diff(File.ReadAllText(file), actual).Lines.Where(line => line.Type != ChangeType.Unchanged).ToList();
        if (difference.Count > 0)
            Assert.Fail("The public surface differs from PublicApi.txt. If that is meant, UPDATE_GENERATED=1 rewrites the file.\n"
                + string.Join('\n', difference.Select(line => (line.Type == ChangeType.Inserted ? "+ " : "- ") + line.Text)));
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AsyncLlmAnalyzers.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
