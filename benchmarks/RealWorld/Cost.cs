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
/// What the analyzers cost in one compilation, in CPU time on one thread: beside the compiler alone; beside a probe that looks at the name of every
/// invocation and does nothing else; beside one that binds the invocations that have the name of a catalogued call, below which no rule about calls can be;
/// and beside one that reports at the places of the findings without looking for them, since the compiler looks for a <c>[SuppressMessage]</c> around each
/// finding, for which it binds the code there again. All are measured in turn, in one process; the ratios are medians over the rounds.
/// </summary>
internal static class Cost
{
    private const int Rounds = 7;
    private const int Edits = 5;
    private const int Documents = 8;
    private const int SlowestRules = 6;

    private static readonly CompilationWithAnalyzersOptions Sequential = new(new AnalyzerOptions([]), onAnalyzerException: null, concurrentAnalysis: false, logAnalyzerExecutionTime: true);

    private static readonly ImmutableArray<DiagnosticAnalyzer> Probes = [new Probe()];

    private static readonly ImmutableArray<DiagnosticAnalyzer> BindingProbes = [new BindingProbe()];

    public static async Task PrintAsync(string name, CSharpCompilation compilation)
    {
        var findings = await Fresh(compilation).WithAnalyzers(Analysis.Analyzers, Sequential).GetAnalyzerDiagnosticsAsync();
        var lines = compilation.SyntaxTrees.Sum(tree => tree.GetText().Lines.Count);
        var errors = compilation.GetDiagnostics().Count(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        Console.WriteLine($"\n{name}: {compilation.SyntaxTrees.Length} files, {lines:N0} lines, {errors} errors, {findings.Length} findings");

        var (compiler, probe, again, binding, reporting, ours) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            compiler.Add(await CpuAsync(compilation, project => Task.FromResult(project.GetDiagnostics())));
            probe.Add(await BuildAsync(Probes));
            ours.Add(await BuildAsync(Analysis.Analyzers));
            again.Add(await BuildAsync(Probes));
            binding.Add(await BuildAsync(BindingProbes));
            reporting.Add(await BuildAsync([new ReportingProbe(findings)]));
        }

        Console.WriteLine(FormattableString.Invariant($"  build:     compiler {Median(compiler.Skip(1)):F0} ms; with the probe {Ratio(probe, compiler):F2}x, with the analyzers {Ratio(ours, compiler):F2}x; over the probe {Ratio(ours, probe):F2}x (the probe over itself {Ratio(again, probe):F2}x), over one that binds the calls {Ratio(ours, binding):F2}x, over one that only reports the findings {Ratio(ours, reporting):F2}x"));
        await PrintRulesAsync(compilation);
        await PrintEditsAsync(compilation, findings);

        Task<double> BuildAsync(ImmutableArray<DiagnosticAnalyzer> analyzers) => CpuAsync(compilation, project => project.WithAnalyzers(analyzers, Sequential).GetAllDiagnosticsAsync());
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

    /// <summary>
    /// As an editor asks after each key: a new version of the project, and the findings of one document, with all that is made anew for a version. Of documents of
    /// all sizes, and the one with most findings.
    /// </summary>
    private static async Task PrintEditsAsync(CSharpCompilation compilation, ImmutableArray<Diagnostic> findings)
    {
        var bySize = compilation.SyntaxTrees.OrderByDescending(tree => tree.Length).ToList();
        var trees = Enumerable.Range(0, Math.Min(Documents, bySize.Count)).Select(i => bySize[i * bySize.Count / Math.Min(Documents, bySize.Count)])
            .Concat(findings.Select(finding => finding.Location.SourceTree).OfType<SyntaxTree>().GroupBy(tree => tree).OrderByDescending(group => group.Count()).Take(1).Select(group => group.Key))
            .Distinct();
        var edits = new List<(double Probe, double More, SyntaxTree Tree)>();
        foreach (var tree in trees)
        {
            var (probe, ours) = (new List<double>(), new List<double>());
            for (var edit = 0; edit <= Edits; edit++)
            {
                probe.Add(await EditAsync(compilation, tree, Probes, edit));
                ours.Add(await EditAsync(compilation, tree, Analysis.Analyzers, edit));
            }

            // The first edit fills what is kept between versions.
            edits.Add((Median(probe.Skip(1)), Median(ours.Zip(probe, (mine, least) => mine - least).Skip(1)), tree));
        }

        var worst = edits.MaxBy(edit => edit.More);
        Console.WriteLine(FormattableString.Invariant($"  an edit:   with the probe {Median(edits.Select(edit => edit.Probe)):F0} ms, with the analyzers {Median(edits.Select(edit => edit.More)):F0} ms more, at worst {worst.More:F0} ms ({Path.GetFileName(worst.Tree.FilePath)}, {worst.Tree.GetText().Lines.Count:N0} lines)"));
    }

    private static async Task<double> EditAsync(CSharpCompilation compilation, SyntaxTree tree, ImmutableArray<DiagnosticAnalyzer> analyzers, int edit)
    {
        var changed = tree.WithChangedText(tree.GetText().Replace(tree.Length, 0, $"// {edit}\n"));
        var project = compilation.ReplaceSyntaxTree(tree, changed);
        var model = project.GetSemanticModel(changed);
        var before = Cpu;
        model.GetDiagnostics();
        await project.WithAnalyzers(analyzers, Sequential).GetAnalyzerSemanticDiagnosticsAsync(model, null, default);
        return (Cpu - before).TotalMilliseconds;
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

    /// <summary>Of what was measured beside each other; the first round only compiles the code that is measured.</summary>
    private static double Ratio(List<double> one, List<double> other) => Median(one.Zip(other, (above, below) => above / below).Skip(1));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

#pragma warning disable RS1001, RS1025, RS1026, RS1036, RS2008 // it is no analyzer that anybody installs
    private class Probe : DiagnosticAnalyzer
    {
        protected static readonly DiagnosticDescriptor Rule = new("PROBE", "", "", "", DiagnosticSeverity.Hidden, isEnabledByDefault: true);

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

    private sealed class ReportingProbe(ImmutableArray<Diagnostic> findings) : Probe
    {
        private readonly ILookup<SyntaxTree?, Location> places = findings.Select(finding => finding.Location).ToLookup(place => place.SourceTree);

        public override void Initialize(AnalysisContext context)
        {
            base.Initialize(context);
            context.RegisterSyntaxTreeAction(file =>
            {
                foreach (var place in places[file.Tree])
                    file.ReportDiagnostic(Diagnostic.Create(Rule, place));
            });
        }
    }
#pragma warning restore RS1001, RS1025, RS1026, RS1036, RS2008
}
