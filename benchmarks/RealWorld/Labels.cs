using System.Globalization;

namespace RealWorld;

/// <summary>A place somebody has judged by hand: <c>true</c> should be reported, a <c>trap</c> should not.</summary>
internal sealed record Label(string Path, int Line, string Topic, string Verdict, string Why)
{
    private const int Tolerance = 3;

    private static readonly Dictionary<string, string[]> RulesOfTopics = new()
    {
        ["unbounded-fanout"] = ["ALLM1001"],
        ["sequential-await"] = ["ALLM1002"],
        ["batch-embeddings"] = ["ALLM1003"],
        ["parallel-foreach-async-lambda"] = ["ALLM1010"],
        ["fire-and-forget"] = ["ALLM1011"],
        ["blocking-wait"] = ["ALLM2001"],
        ["sync-api-in-async"] = ["ALLM2002"],
        ["thread-sleep"] = ["ALLM2003"],
        ["missing-timeout"] = ["ALLM3001", "ALLM3002", "ALLM3003", "ALLM3004"],
        ["missing-cancellation"] = ["ALLM3002", "ALLM3006", "ALLM3010"],
        ["handwritten-retry"] = ["ALLM4003", "ALLM4004", "ALLM4005", "ALLM4006", "ALLM4007"],
        ["string-concat-stream"] = ["ALLM5002"],
        ["new-client-per-call"] = ["ALLM6001"],
        ["unbounded-channel"] = ["ALLM6002"],
    };

    public IReadOnlyList<string> Rules => RulesOfTopics.GetValueOrDefault(Topic, []);

    public bool IsHitBy(IEnumerable<Finding> findings) => findings.Any(finding =>
        finding.Path == Path && Math.Abs(finding.Line - Line) <= Tolerance && Rules.Contains(finding.Id));

    /// <summary>Reads the rows of one repository: <c>repo,commit,path,line,rule_topic,verdict,why</c>.</summary>
    public static IReadOnlyList<Label> Read(string file, string repository) =>
    [
        .. File.ReadLines(file).Skip(1).Select(Fields)
            .Where(fields => fields.Count == 7 && fields[0] == repository)
            .Select(fields => new Label(fields[2], int.Parse(fields[3], CultureInfo.InvariantCulture), fields[4], fields[5], fields[6])),
    ];

    /// <summary>The fields of a line of comma-separated values; a quoted one may hold commas and doubled quotes.</summary>
    private static List<string> Fields(string line)
    {
        var fields = new List<string>();
        var isQuoted = false;
        var field = "";
        foreach (var letter in line)
        {
            if (letter == '"')
                isQuoted = !isQuoted;
            if (letter == ',' && !isQuoted)
            {
                fields.Add(Unquoted(field));
                field = "";
            }
            else
            {
                field += letter;
            }
        }

        fields.Add(Unquoted(field));
        return fields;
    }

    private static string Unquoted(string field) =>
        field is ['"', .. var inner, '"'] ? inner.Replace("\"\"", "\"", StringComparison.Ordinal) : field;
}
