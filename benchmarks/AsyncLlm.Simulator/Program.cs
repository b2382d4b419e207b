using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AsyncLlm.Simulator;

Arguments arguments;
List<Row> rows;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    arguments = Arguments.Parse(args);
    rows = arguments.Random is { } count ? [.. RandomMatrix.Draw(count, arguments.Seed).OrderBy(row => row.Group, StringComparer.Ordinal)] : MatrixFile.Parse(arguments.Matrix is { } file ? File.ReadAllText(file) : DefaultMatrix());
    if (arguments.Vary)
        rows = [.. VariedMatrix.Vary(rows, arguments.Seed)];
    if (arguments.Transit is { } transit)
        rows = [.. rows.Select(row => row with { Transit = transit })];
    VirtualTime.RequireOneWorker();
}
catch (Exception exception) when (exception is FormatException or IOException or InvalidOperationException)
{
    Console.Error.WriteLine($"{exception.Message}\n\n{Arguments.Usage}");
    return 2;
}

if (arguments.SelfTest)
    return SelfTest.Run(arguments.Seed, Console.Out) ? 0 : 1;
if (arguments.Soak)
    return SoakTest.Run(arguments.Seed, Console.Out) ? 0 : 1;

var table = new Table(Console.Out);
var results = new List<Result>();
using var trace = arguments.Trace is { } traceFile ? new StreamWriter(traceFile) : null;
foreach (var row in rows)
{
    foreach (var policy in row.Policies.Where(policy => Table.Describe(row, policy).Contains(arguments.Filter, StringComparison.OrdinalIgnoreCase)))
    {
        trace?.WriteLine(Table.Describe(row, policy));
        results.Add(Simulation.Run(row, policy, arguments.Seed, trace));
        table.Add(results[^1]);
    }
}

if (arguments.Random is not null)
    Table.Summarize(results, Console.Out);
var missed = results.Count(result => result.Missed.Count > 0);
Console.WriteLine($"\n{results.Count} runs, {results.Count(result => result.IsOurs)} of ours, {missed} of them miss a goal; seed {arguments.Seed}.");
if (arguments.Json is { } json)
    File.WriteAllText(json, JsonSerializer.Serialize(results, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } }));
return arguments.Check && missed > 0 ? 1 : 0;

static string DefaultMatrix()
{
    using var reader = new StreamReader(typeof(Simulation).Assembly.GetManifestResourceStream("matrix.json")!);
    return reader.ReadToEnd();
}
