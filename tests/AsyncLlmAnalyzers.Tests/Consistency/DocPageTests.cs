using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Tests.Rules;

namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>
/// The code of the pages is true: the rule reports exactly the marked lines of a <c>bad</c> block, its fix turns that block into the
/// <c>fixed</c> one word for word, and nothing is left to report there.
/// </summary>
public class DocPageTests
{
    public static TheoryData<string> HostedIds => RulesTests.HostedIds;

    public static IEnumerable<object[]> Examples => AllExamples.Select(example => new object[] { example.Id, example.Number });

    public static IEnumerable<object[]> FixedExamples =>
        from example in AllExamples
        from withRuntime in new[] { false, true }
        where example.Code.FixedCode(withRuntime) is not null && ShippedRule.Of(example.Id).HasFix
        select new object[] { example.Id, example.Number, withRuntime };

    private static IEnumerable<(string Id, int Number, Example Code)> AllExamples =>
        from rule in ShippedRule.All
        from example in RulePage.Load(rule.Id).Examples.Select((code, index) => (rule.Id, index + 1, code))
        select example;

    [Theory, MemberData(nameof(HostedIds))]
    public void Page_shows_what_is_reported_and_how_it_is_fixed(string id)
    {
        var examples = RulePage.Load(id).Examples;

        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.NotEmpty(example.Marks));
        if (ShippedRule.Of(id).HasFix)
            Assert.Contains(examples, example => example.Fixed is not null || example.FixedWithRuntime is not null);
    }

    [Theory, MemberData(nameof(Examples))]
    public async Task Bad_code_is_reported_at_the_marked_lines(string id, int number)
    {
        var (example, found) = await AnalyzeBadAsync(id, number);
        Lines.AssertSame(example.Marks, found.Select(LineAndId), $"What is reported in the bad code number {number} of {ShippedRule.Of(id).Page}");
    }

    [Theory, MemberData(nameof(FixedExamples))]
    public async Task Fix_writes_the_fixed_code(string id, int number, bool withRuntime)
    {
        var (example, found) = await AnalyzeBadAsync(id, number);
        var test = new RuleTest(id, withRuntime) { TestCode = example.Bad, FixedCode = example.FixedCode(withRuntime)! };
        test.MarkupOptions |= MarkupOptions.TreatPositionIndicatorsAsCode;
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.FixedState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.TestState.OutputKind = OutputKindOf(example.Bad);
        test.ExpectedDiagnostics.AddRange(found.Select(diagnostic => new DiagnosticResult(id, diagnostic.Severity)
            .WithSpan(diagnostic.Location.GetLineSpan())
            .WithMessage(diagnostic.GetMessage())));
        await test.RunAsync();
    }

    /// <summary>All rules at once: no exception, one diagnostic a place, and fixed code is worth no further warning.</summary>
    [Theory, MemberData(nameof(Examples))]
    public async Task All_rules_together_agree(string id, int number)
    {
        var example = RulePage.Load(id).Examples[number - 1];
        var found = await AnalyzeAsync(example.Bad, new LlmAnalyzer());
        AssertNone(found.Where(diagnostic => !diagnostic.Id.StartsWith("ALLM", StringComparison.Ordinal)), "Exceptions");
        AssertNone(found.GroupBy(diagnostic => diagnostic.Location.SourceSpan).Where(place => place.Count() > 1 && !AllRulesTogetherTests.MayStandTogether(place)).SelectMany(place => place), "Several diagnostics at one place");

        foreach (var fixedCode in new[] { example.Fixed, example.FixedWithRuntime }.OfType<string>())
        {
            var left = await AnalyzeAsync(fixedCode, ShippedRule.Of(id).IsHosted ? [new LlmAnalyzer()] : [new LlmAnalyzer(), RuleTest.Host(id)]);
            AssertNone(left.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning || diagnostic.Id == id), $"Left to report in\n{fixedCode}\n");
        }
    }

    private static async Task<(Example Example, IReadOnlyList<Diagnostic> Found)> AnalyzeBadAsync(string id, int number)
    {
        var example = RulePage.Load(id).Examples[number - 1];
        return (example, await AnalyzeAsync(example.Bad, RuleTest.Host(id)));
    }

    /// <summary>What the analyzer reports in code that has to compile.</summary>
    private static async Task<IReadOnlyList<Diagnostic>> AnalyzeAsync(string code, params DiagnosticAnalyzer[] analyzers)
    {
        var compilation = CSharpCompilation.Create(
            "Page",
            [CSharpSyntaxTree.ParseText(code, path: "/0/Test0.cs"), CSharpSyntaxTree.ParseText(RuleTest.Prelude, path: "/0/Prelude.cs")],
            HostReferences.All,
            new CSharpCompilationOptions(OutputKindOf(code), nullableContextOptions: NullableContextOptions.Enable));

        AssertNone(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error), $"Errors in\n{code}\n");
        var found = await compilation.WithAnalyzers([.. analyzers]).GetAnalyzerDiagnosticsAsync();
        return [.. found.OrderBy(diagnostic => diagnostic.Location.SourceSpan)];
    }

    private static OutputKind OutputKindOf(string code) =>
        CSharpSyntaxTree.ParseText(code).GetCompilationUnitRoot().Members.Any(member => member is GlobalStatementSyntax)
            ? OutputKind.ConsoleApplication
            : OutputKind.DynamicallyLinkedLibrary;

    private static void AssertNone(IEnumerable<Diagnostic> wrong, string explanation) => Lines.AssertNone(wrong.Select(diagnostic => diagnostic.ToString()), explanation);

    private static string LineAndId(Diagnostic diagnostic) => $"{diagnostic.Location.GetLineSpan().StartLinePosition.Line + 1}: {diagnostic.Id}";
}
