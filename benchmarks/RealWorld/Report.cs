using System.Text.Json;
using System.Text.Json.Serialization;

namespace RealWorld;

/// <summary>What one run over a folder has shown.</summary>
internal sealed record Report(IReadOnlyList<Finding> Findings, IReadOnlyList<Call> Calls, IReadOnlyList<Label> Labels)
{
    private const double Enough = 0.8;
    private const int ExcerptLines = 3;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public required IReadOnlyList<string> UnreadableProjects { get; init; }

    public required IReadOnlyCollection<string> MissingPackages { get; init; }

    public int BrokenFixes { get; init; }

    public int BoundCalls => Calls.Count(call => call.IsBound);

    public int CataloguedCalls => Calls.Count(call => call.IsCatalogued);

    public double ShareBound => Calls.Count == 0 ? 0 : (double)BoundCalls / Calls.Count;

    public bool ProvesNothing => ShareBound < Enough;

    [JsonIgnore]
    public bool HasCrashes => Findings.Any(finding => finding.Id == "AD0001");

    public Task WriteJsonAsync(string file) => File.WriteAllTextAsync(file, JsonSerializer.Serialize(this, Json));

    public void Print(SourceFolder folder, IReadOnlySet<string>? ids)
    {
        foreach (var rule in Findings.Where(finding => ids is null || ids.Contains(finding.Id) || finding.Id == "AD0001").GroupBy(finding => finding.Id).OrderBy(rule => rule.Key))
        {
            Console.WriteLine($"\n{rule.Key} {rule.First().Severity}: {rule.Count()}");
            foreach (var finding in rule)
                PrintFinding(finding, folder);
        }

        if (Labels.Count > 0)
            PrintLabels();
        foreach (var project in UnreadableProjects)
            Console.WriteLine($"\nCannot be read: {project}");
        if (MissingPackages.Count > 0)
            Console.WriteLine($"\nMissing packages: {string.Join(", ", MissingPackages)}");
        PrintUnbound();
        Console.WriteLine($"\nFindings: {string.Join(", ", Findings.CountBy(finding => finding.Id).OrderBy(rule => rule.Key).Select(rule => $"{rule.Key} {rule.Value}"))}");
        Console.WriteLine($"Calls: {Calls.Count} invocations with the name of a catalogued call, {BoundCalls} bound ({ShareBound:P0})");
        Console.WriteLine($"       {CataloguedCalls} are catalogued calls, {Calls.Count - BoundCalls} unbound ones may be");
        if (ProvesNothing)
            Console.WriteLine($"THIS RUN PROVES NOTHING: LESS THAN {Enough:P0} OF THE CALLS ARE BOUND");
    }

    private static void PrintFinding(Finding finding, SourceFolder folder)
    {
        Console.WriteLine($"\n  {finding.Path}:{finding.Line}:{finding.Column}  {finding.Message}");
        var file = Path.Combine(folder.Path, finding.Path);
        if (!File.Exists(file))
            return;

        var first = Math.Max(1, finding.Line - ExcerptLines / 2);
        foreach (var (index, line) in File.ReadLines(file).Skip(first - 1).Take(ExcerptLines).Index())
            Console.WriteLine($"  {(first + index == finding.Line ? '>' : ' ')}{first + index,5} {line}");
    }

    private void PrintLabels()
    {
        var implemented = Analysis.Analyzers.SelectMany(analyzer => analyzer.SupportedDiagnostics).Select(descriptor => descriptor.Id).ToHashSet();
        var seen = Calls.Where(call => call.IsBound).Select(call => call.Path).ToHashSet();
        Console.WriteLine("\nLabels");
        foreach (var topic in Labels.GroupBy(label => label.Topic).OrderBy(topic => topic.Key))
        {
            if (!topic.First().Rules.Any(implemented.Contains))
            {
                Console.WriteLine($"  {topic.Key}: {topic.Count()} labels, no rule yet");
                continue;
            }

            var verdicts = topic.ToLookup(label => (label.Verdict, IsHit: label.IsHitBy(Findings)));
            Console.WriteLine(
                $"  {topic.Key}: true {verdicts[("true", true)].Count()} hit, {verdicts[("true", false)].Count()} missed; "
                + $"traps {verdicts[("trap", true)].Count()} hit, {verdicts[("trap", false)].Count()} silent; "
                + $"debatable {verdicts[("debatable", true)].Count()} hit, {verdicts[("debatable", false)].Count()} silent");
            foreach (var label in verdicts[("true", false)])
                Console.WriteLine($"    missed {label.Path}:{label.Line}  {label.Why}{(seen.Contains(label.Path) ? "" : "  (OUT OF REACH: no call in this file is bound)")}");
            foreach (var label in verdicts[("trap", true)])
                Console.WriteLine($"    TRAP HIT {label.Path}:{label.Line}  {label.Why}");
        }
    }

    private void PrintUnbound()
    {
        if (ShareBound < 1)
            Console.WriteLine("\nCalls that do not bind");
        foreach (var name in Calls.Where(call => !call.IsBound).GroupBy(call => (call.Name, call.WhyNot)).OrderByDescending(name => name.Count()))
            Console.WriteLine($"  {name.Count()} {name.Key.Name}, e.g. {name.First().Path}:{name.First().Line}: {name.Key.WhyNot}");
    }
}
