using System.Globalization;

namespace AsyncLlm.Simulator;

/// <summary>The command line.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        Usage: dotnet run -c Release --project benchmarks/AsyncLlm.Simulator [-- options]
          --check          exit with 1 when one of our policies misses a goal
          --matrix FILE    the rows to run, as README.md describes them (default: matrix.json)
          --random N       N rows with random constants instead, which the seed draws; prints what share of them misses, by kind
          --vary           the rows with other constants, half to twice as large, which the seed draws
          --transit S      the rows with a network: a request takes S seconds to the server in the median, and an answer back
          --seed N         the seed of all chance (default: 1)
          --filter TEXT    only the rows whose printed line contains the text
          --json FILE      write all results
          --trace FILE     write every admission, refusal and outcome with its time in seconds
          --soak           100,000 items with faults of all kinds, checked against the server's ledger, instead of the matrix
          --self-test      the optimum against trying everything, instead of the matrix
        """;

    public bool Check { get; private init; }

    public bool Soak { get; private init; }

    public bool SelfTest { get; private init; }

    public bool Vary { get; private init; }

    public double? Transit { get; private init; }

    public string? Matrix { get; private init; }

    public int? Random { get; private init; }

    public string? Json { get; private init; }

    public string? Trace { get; private init; }

    public string Filter { get; private init; } = "";

    public ulong Seed { get; private init; } = 1;

    /// <exception cref="FormatException">They cannot be understood.</exception>
    public static Arguments Parse(string[] args)
    {
        var arguments = new Arguments();
        for (var index = 0; index < args.Length; index++)
        {
            var option = args[index];
            arguments = option switch
            {
                "--check" => arguments with { Check = true },
                "--soak" => arguments with { Soak = true },
                "--self-test" => arguments with { SelfTest = true },
                "--vary" => arguments with { Vary = true },
                "--matrix" => arguments with { Matrix = Value() },
                "--random" => arguments with { Random = int.TryParse(Value(), CultureInfo.InvariantCulture, out var count) && count > 0 ? count : throw new FormatException("--random takes a number of rows.") },
                "--json" => arguments with { Json = Value() },
                "--trace" => arguments with { Trace = Value() },
                "--filter" => arguments with { Filter = Value() },
                "--transit" => arguments with { Transit = double.TryParse(Value(), CultureInfo.InvariantCulture, out var transit) && transit >= 0 ? transit : throw new FormatException("--transit takes a number of seconds.") },
                "--seed" => arguments with { Seed = ulong.TryParse(Value(), CultureInfo.InvariantCulture, out var seed) ? seed : throw new FormatException("--seed takes a number.") },
                _ => throw new FormatException($"Unknown option {option}."),
            };

            string Value() => ++index < args.Length ? args[index] : throw new FormatException($"{option} needs a value.");
        }

        return arguments;
    }
}
