namespace RealWorld;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments(string Folder)
{
    public const string Usage = """
        Runs the analyzers over a folder of sources and says how much of its model calls they could see.

          dotnet run -c Release --project benchmarks/RealWorld -- FOLDER [options]

          FOLDER                  a checked-out repository, or a git directory
          --projects-glob GLOB    only projects whose path in the folder matches (* also matches /)
          --restore NAMES         restore packages the projects name and the package folder lacks (Microsoft.*,OpenAI or *)
          --packages NAMES        reference these too: what a package that cannot be had would have brought along
          --sources PATH          compile a package that is missing from this repository or git directory; may be repeated
          --option KEY=VALUE      as in an .editorconfig (async_llm.raw_http=true); may be repeated
          --ids ALLM1001,..       print these rules only
          --labels FILE --repo R  compare with hand-labelled places of a repository
          --json FILE             write everything as JSON
          --fixes FILE            apply the first fix of each finding in memory and write what it changes
          --cost                  print what the analyzers cost in each project instead: as ratios in a build, in milliseconds after an edit
          --require-bound         exit with 3 when less than 80 % of the calls bind

        Exits with 1 when an analyzer failed (AD0001), or a fix failed or does not compile.
        """;

    public string ProjectsGlob { get; init; } = "*";

    public IReadOnlyList<string> Restore { get; init; } = [];

    public IReadOnlyList<string> Packages { get; init; } = [];

    public IReadOnlyList<string> Sources { get; init; } = [];

    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    public IReadOnlySet<string>? Ids { get; init; }

    public string? Labels { get; init; }

    public string? Repository { get; init; }

    public string? Json { get; init; }

    public string? Fixes { get; init; }

    public bool RequireBound { get; init; }

    public bool Cost { get; init; }

    /// <exception cref="FormatException">The command line makes no sense.</exception>
    public static Arguments Parse(string[] args)
    {
        if (args is not [var folder, .. var options])
            throw new FormatException("FOLDER is missing");

        var result = new Arguments(folder);
        for (var i = 0; i < options.Length; i++)
        {
            if (options[i] is "--require-bound" or "--cost")
            {
                result = options[i] == "--cost" ? result with { Cost = true } : result with { RequireBound = true };
                continue;
            }

            if (i + 1 == options.Length)
                throw new FormatException($"{options[i]} is unknown or lacks its value");
            var value = options[i + 1];
            result = options[i++] switch
            {
                "--projects-glob" => result with { ProjectsGlob = value },
                "--restore" => result with { Restore = value.Split(',') },
                "--packages" => result with { Packages = value.Split(',') },
                "--sources" => result with { Sources = [.. result.Sources, value] },
                "--option" when value.Split('=', 2) is [var key, var setting] => result with { Options = new Dictionary<string, string>(result.Options) { [key] = setting } },
                "--ids" => result with { Ids = value.Split(',').ToHashSet() },
                "--labels" => result with { Labels = value },
                "--repo" => result with { Repository = value },
                "--json" => result with { Json = value },
                "--fixes" => result with { Fixes = value },
                var unknown => throw new FormatException($"{unknown} is unknown"),
            };
        }

        return result.Labels is null == result.Repository is null ? result : throw new FormatException("--labels and --repo belong together");
    }
}
