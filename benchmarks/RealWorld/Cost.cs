using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using AsyncLlmAnalyzers.Hosting;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace RealWorld;

/// <summary>
/// What the analyzers cost in one compilation, in CPU time on one thread: beside the compiler alone, and beside a probe that looks at the name of
/// every invocation and does nothing else; a second probe binds the invocations that have the name of a catalogued call, below which no rule about
/// calls can be. All are measured in turn, in one process, and the best of some rounds counts.
/// </summary>
internal static class Cost
{
    private const int Rounds = 4;
    private const int Edits = 7;
    private const int SlowestRules = 6;

    private static readonly CompilationWithAnalyzersOptions Sequential = new(new AnalyzerOptions([]), onAnalyzerException: null, concurrentAnalysis: false, logAnalyzerExecutionTime: true);

    private static readonly ImmutableArray<DiagnosticAnalyzer> Probes = [new Probe()];

    private static readonly ImmutableArray<DiagnosticAnalyzer> BindingProbes = [new BindingProbe()];

    public static async Task PrintAsync(string name, CSharpCompilation compilation)
    {
        var findings = await Fresh(compilation).WithAnalyzers(Analysis.Analyzers, Sequential).GetAnalyzerDiagnosticsAsync();
        var lines = compilation.SyntaxTrees.Sum(tree => tree.GetText().Lines.Count);
        Console.WriteLine($"\n{name}: {compilation.SyntaxTrees.Length} files, {lines:N0} lines, {findings.Length} findings");

        var (compiler, probe, binding, ours) = (double.MaxValue, double.MaxValue, double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            compiler = Math.Min(compiler, await CpuAsync(compilation, project => Task.FromResult(project.GetDiagnostics())));
            probe = Math.Min(probe, await CpuAsync(compilation, project => project.WithAnalyzers(Probes, Sequential).GetAllDiagnosticsAsync()));
            binding = Math.Min(binding, await CpuAsync(compilation, project => project.WithAnalyzers(BindingProbes, Sequential).GetAllDiagnosticsAsync()));
            ours = Math.Min(ours, await CpuAsync(compilation, project => project.WithAnalyzers(Analysis.Analyzers, Sequential).GetAllDiagnosticsAsync()));
        }

        Console.WriteLine(FormattableString.Invariant($"  build:     compiler {compiler:F0} ms; with the probe {probe / compiler:F2}x, with the analyzers {ours / compiler:F2}x; over the probe {ours / probe:F2}x, over one that binds the calls {ours / binding:F2}x"));
        await PrintRulesAsync(compilation);
        foreach (var tree in findings.Select(finding => finding.Location.SourceTree).OfType<SyntaxTree>().GroupBy(tree => tree).OrderByDescending(group => group.Count()).Take(1).Select(group => group.Key)
            .Append(compilation.SyntaxTrees.MaxBy(tree => tree.Length)!)
            .Distinct())
            await PrintEditsAsync(compilation, tree);
    }

    /// <summary>Each rule hosted alone, so that the compiler's own count of an analyzer's time is that of the rule.</summary>
    private static async Task PrintRulesAsync(CSharpCompilation compilation)
    {
        var alone = LlmAnalyzer.Rules.ToDictionary(rule => (DiagnosticAnalyzer)new LlmAnalyzer([rule]), rule => rule.Descriptor.Id);
        foreach (var analyzer in Analysis.Analyzers.Where(analyzer => analyzer is not LlmAnalyzer))
            alone.Add(analyzer, analyzer.SupportedDiagnostics[0].Id);
        var driver = Fresh(compilation).WithAnalyzers([.. alone.Keys], Sequential);
        await driver.GetAnalyzerDiagnosticsAsync();
        var times = new List<(string Id, double Milliseconds)>();
        foreach (var (analyzer, id) in alone)
            times.Add((id, (await driver.GetAnalyzerTelemetryInfoAsync(analyzer, default)).ExecutionTime.TotalMilliseconds));
        Console.WriteLine("  rules:     " + string.Join(", ", times.OrderByDescending(rule => rule.Milliseconds).Take(SlowestRules).Select(rule => string.Create(CultureInfo.InvariantCulture, $"{rule.Id} {rule.Milliseconds:F0} ms"))));
    }

    /// <summary>As an editor asks after each key: a new version of the project, and the findings of one document.</summary>
    private static async Task PrintEditsAsync(CSharpCompilation compilation, SyntaxTree tree)
    {
        var (probe, binding, ours) = (new List<double>(), new List<double>(), new List<double>());
        for (var edit = 0; edit <= Edits; edit++)
        {
            probe.Add(await EditAsync(Probes, edit));
            binding.Add(await EditAsync(BindingProbes, edit));
            ours.Add(await EditAsync(Analysis.Analyzers, edit));
        }

        // The first edit fills what is kept between versions.
        var (cheapest, bound, median) = (Median(probe.Skip(1)), Median(binding.Skip(1)), Median(ours.Skip(1)));
        Console.WriteLine(FormattableString.Invariant($"  an edit:   {Path.GetFileName(tree.FilePath)}, {tree.GetText().Lines.Count:N0} lines: {median:F0} ms with the analyzers, {cheapest:F0} ms with the probe, {median / cheapest:F2}x, over one that binds the calls {median / bound:F2}x"));

        async Task<double> EditAsync(ImmutableArray<DiagnosticAnalyzer> analyzers, int edit)
        {
            var changed = tree.WithChangedText(tree.GetText().Replace(tree.Length, 0, $"// {edit}\n"));
            var project = compilation.ReplaceSyntaxTree(tree, changed);
            var model = project.GetSemanticModel(changed);
            var before = Cpu;
            model.GetDiagnostics();
            await project.WithAnalyzers(analyzers, Sequential).GetAnalyzerSemanticDiagnosticsAsync(model, null, default);
            return (Cpu - before).TotalMilliseconds;
        }
    }

    private static async Task<double> CpuAsync(CSharpCompilation compilation, Func<CSharpCompilation, Task<ImmutableArray<Diagnostic>>> run)
    {
        var project = Fresh(compilation);
        GC.Collect();
        var before = Cpu;
        await run(project);
        return (Cpu - before).TotalMilliseconds;
    }

    private static TimeSpan Cpu => Process.GetCurrentProcess().TotalProcessorTime;

    /// <summary>Nothing is bound yet in it.</summary>
    private static CSharpCompilation Fresh(CSharpCompilation compilation) => compilation.RemoveAllSyntaxTrees().AddSyntaxTrees(compilation.SyntaxTrees);

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Edits / 2);

#pragma warning disable RS1001, RS1036, RS2008 // it is no analyzer that anybody installs
    private class Probe : DiagnosticAnalyzer
    {
        private static readonly DiagnosticDescriptor Rule = new("PROBE", "", "", "", DiagnosticSeverity.Hidden, isEnabledByDefault: true);

        public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rule];

        public override void Initialize(AnalysisContext context)
        {
            context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
            context.EnableConcurrentExecution();
            context.RegisterSyntaxNodeAction(
                node =>
                {
                    if (Site.NameOf(node.Node)?.Identifier.ValueText is { } name && IsReported(node, name))
                        node.ReportDiagnostic(Diagnostic.Create(Rule, node.Node.GetLocation()));
                },
                SyntaxKind.InvocationExpression);
        }

        protected virtual bool IsReported(SyntaxNodeAnalysisContext node, string name) => name.Length == 0;
    }

    private sealed class BindingProbe : Probe
    {
        private readonly ConcurrentDictionary<string, bool> names = new(StringComparer.Ordinal);

        protected override bool IsReported(SyntaxNodeAnalysisContext node, string name) =>
            names.GetOrAdd(name, Analysis.IsCallName) && node.SemanticModel.GetOperation(node.Node) is null && base.IsReported(node, name);
    }
#pragma warning restore RS1001, RS1036, RS2008
}
