using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Harness;

/// <summary>What is right passes; the same cases run on the official library.</summary>
public class AnalyzerHarnessPasses
{
    private static readonly DiagnosticResult One = new("HT001", DiagnosticSeverity.Warning);

    [Theory]
    [InlineData("class C { int x = 2; }")]
    [InlineData("class C { int x = [|1|]; int y = 2; }")]
    [InlineData("class C { int x = [|1|] + [|1|] + {|HT001:1|}; }")]
    [InlineData("class C { int x = $$1; }")]
    public Task Markup(string code) => new Test { TestCode = code }.RunAsync();

    [Fact]
    public Task Nested_markup() => new Test
    {
        TestCode = "class C { int x = {|#1:{|#0:1|} + {|#2:1|}|}; }",
        ExpectedDiagnostics = { One.WithLocation(0), One.WithLocation(2) },
    }.RunAsync();

    [Fact]
    public Task Every_way_to_give_a_location() => new Test
    {
        TestCode = "class C\n{\n    int x = {|#0:1|} + 1 + 1 + 1 + 1;\n}",
        ExpectedDiagnostics =
        {
            One.WithLocation(0),
            One.WithLocation(3, 17),
            One.WithSpan(3, 21, 3, 22),
            One.WithSpan("/0/Test0.cs", 3, 25, 3, 26),
            One.WithLocation("/0/Test0.cs", 3, 29),
        },
    }.RunAsync();

    [Fact]
    public Task Arguments_messages_and_descriptors() => new Test
    {
        TestCode = "class C { int x = {|#0:1|} + {|#1:1|} + {|#2:1|} + {|#3:1|}; }",
        ExpectedDiagnostics =
        {
            One.WithLocation(0).WithArguments("1", "TestProject"),
            One.WithLocation(1).WithMessage("'1' in TestProject is one"),
            new DiagnosticResult(OneAnalyzer.Rule).WithLocation(2).WithArguments("1", "TestProject"),
            new DiagnosticResult(OneAnalyzer.Rule).WithLocation(3).WithMessage(null),
        },
    }.RunAsync();

    [Fact]
    public Task A_vague_expectation_leaves_room_for_an_exact_one() => new Test
    {
        TestCode = "class C { int x = 1 + {|#0:1|}; }",
        TestState = { AdditionalProjects = { ["Lib"] = { Sources = { "class D { int x = [|1|]; }" } } } },
        ExpectedDiagnostics =
        {
            One.WithLocation(1, 19),
            One.WithLocation(0).WithArguments("1", "TestProject"),
        },
    }.RunAsync();

    [Fact]
    public Task Additional_locations() => new CSharpAnalyzerTest<AdditionalLocationAnalyzer, DefaultVerifier>
    {
        TestCode = "class C { {|#1:int x = {|#0:1|};|} int y = [|1|]; }",
        ExpectedDiagnostics = { One.WithLocation(0).WithLocation(1) },
    }.RunAsync();

    [Fact]
    public Task Several_files() => new Test
    {
        TestCode = "class C { int x = [|1|]; }",
        TestState =
        {
            Sources = { "class D { int x =\n1; }", ("/0/Folder/E.cs", "class E { int x = {|#0:1|}; }") },
            ExpectedDiagnostics = { One.WithLocation(0), One.WithSpan("/0/Test1.cs", 2, 1, 2, 2) },
        },
    }.RunAsync();

    [Fact]
    public Task Expected_compiler_errors() => new Test { TestCode = "class C { int x = {|CS0103:one|} + [|1|]; }" }.RunAsync();

    [Fact]
    public Task Compiler_warnings_when_asked_for() => new Test
    {
        CompilerDiagnostics = CompilerDiagnostics.Warnings,
        TestCode = "class C { {|#0:C|}() { } string {|#1:s|}; }",
        ExpectedDiagnostics = { DiagnosticResult.CompilerWarning("CS8618").WithLocation(0).WithLocation(1).WithArguments("field", "s"), DiagnosticResult.CompilerWarning("CS0169").WithLocation(1) },
    }.RunAsync();

    [Fact]
    public Task Broken_code_when_the_compiler_is_not_asked() =>
        new Test { CompilerDiagnostics = CompilerDiagnostics.None, TestCode = "class C { int x = one + [|1|] }" }.RunAsync();

    [Fact]
    public Task Nullable_and_the_newest_language_are_on() => new Test
    {
        CompilerDiagnostics = CompilerDiagnostics.Warnings,
        TestCode = """
            class C(string? s) { public string S => {|CS8603:s|}; public int N { get => field + [|1|]; set; } }
            static class E { extension(string s) { public int Twice => s.Length * 2; } }
            """,
    }.RunAsync();

    [Fact]
    public Task Implicit_usings_are_not_implied_but_a_source_may_bring_them() => new Test
    {
        TestState =
        {
            Sources = { "class C { List<int> x = [ [|1|] ]; }", ("/0/GlobalUsings.cs", "global using System.Collections.Generic;") },
        },
    }.RunAsync();

    [Fact]
    public Task Top_level_statements() => new Test
    {
        TestState = { OutputKind = OutputKind.ConsoleApplication, Sources = { "System.Console.WriteLine([|1|]);" } },
    }.RunAsync();

    [Fact]
    public Task Markup_can_be_code() => new Test
    {
        MarkupOptions = MarkupOptions.TreatPositionIndicatorsAsCode,
        TestState = { MarkupHandling = MarkupMode.None, Sources = { "class C { string s = $$\"\"\"[|1|] {{1}}\"\"\"; }" }, ExpectedDiagnostics = { One.WithLocation(1, 35) } },
    }.RunAsync();

    [Fact]
    public Task Interpolated_raw_strings_beside_markup() => new Test
    {
        MarkupOptions = MarkupOptions.TreatPositionIndicatorsAsCode,
        TestCode = "class C { string s = $$\"\"\"{{[|1|]}}\"\"\"; }",
    }.RunAsync();

    [Theory]
    [InlineData("/.editorconfig", "root = true\n[*.cs]\ndotnet_diagnostic.HT001.severity = error", DiagnosticSeverity.Error)]
    [InlineData("/.editorconfig", "[*.cs]\ndotnet_diagnostic.HT001.severity = suggestion", DiagnosticSeverity.Info)]
    [InlineData("/.editorconfig", "[*.cs]\ndotnet_diagnostic.HT001.severity = none", null)]
    [InlineData("/.editorconfig", "[Other.cs]\ndotnet_diagnostic.HT001.severity = error", DiagnosticSeverity.Warning)]
    [InlineData("/.globalconfig", "is_global = true\ndotnet_diagnostic.HT001.severity = error", DiagnosticSeverity.Error)]
    public Task Configured_severities(string path, string config, DiagnosticSeverity? severity)
    {
        var test = new Test { TestCode = "class C { int x = 1; }", TestState = { AnalyzerConfigFiles = { (path, config) } } };
        if (severity is { } expected)
            test.ExpectedDiagnostics.Add(One.WithSeverity(expected).WithSpan(1, 19, 1, 20));
        return test.RunAsync();
    }

    [Fact]
    public Task Options_and_additional_files_reach_the_analyzer_and_rules_that_are_off_run() => new CSharpAnalyzerTest<SurroundingsAnalyzer, DefaultVerifier>
    {
        TestCode = "class C;",
        TestState =
        {
            AnalyzerConfigFiles = { ("/.editorconfig", "[*.cs]\nharness.say = hello") },
            AdditionalFiles = { ("/0/Catalog.txt", "{|HT003:first|}\nsecond") },
        },
        ExpectedDiagnostics = { new DiagnosticResult("HT002", DiagnosticSeverity.Info).WithMessage("hello").WithNoLocation() },
    }.RunAsync();

    [Fact]
    public Task Disabled_diagnostics() => new Test { TestCode = "class C { int x = 1; }", DisabledDiagnostics = { "HT001" } }.RunAsync();

    [Fact]
    public Task A_referenced_project_is_seen_with_its_source() => new CSharpAnalyzerTest<SurroundingsAnalyzer, DefaultVerifier>
    {
        TestState =
        {
            Sources = { "class C : D;" },
            AdditionalProjectReferences = { "Middle" },
            AdditionalProjects =
            {
                ["Middle"] = { Sources = { "public class D { object? e = new E(); }" }, AdditionalProjectReferences = { "Base" } },
                ["Base"] = { Sources = { "public class E;" } },
            },
            ExpectedDiagnostics = { new DiagnosticResult("HT002", DiagnosticSeverity.Info).WithMessage("TestProject sees the source of Middle").WithNoLocation() },
        },
    }.RunAsync();

    [Fact]
    public Task Diagnostics_in_every_project() => new Test
    {
        TestCode = "class C { int x = [|1|]; }",
        TestState = { AdditionalProjects = { ["Lib"] = { Sources = { "class D;", "class E { int x = {|#0:1|}; }" } } } },
        ExpectedDiagnostics = { One.WithLocation(0).WithArguments("1", "Lib") },
    }.RunAsync();

    [Fact]
    public Task Packages_of_the_test_host() => new Test
    {
        ReferenceAssemblies = ReferenceAssemblies.TestHost,
        TestCode = "class C(OpenAI.Chat.ChatClient client, AsyncLlm.LlmCallAttribute attribute) { object x = (client, attribute, [|1|]); }",
    }.RunAsync();

    [Fact]
    public Task Only_the_framework_unless_asked() => new Test
    {
        TestCode = "class C(System.Net.Http.HttpClient framework, {|CS0246:OpenAI|}.Chat.ChatClient package) { object x = (framework, package); }",
    }.RunAsync();

    [Fact]
    public Task A_reference_taken_away() => new Test
    {
        ReferenceAssemblies = ReferenceAssemblies.TestHost,
        SolutionTransforms =
        {
            (solution, id) => solution.RemoveMetadataReference(id, solution.GetProject(id)!.MetadataReferences.Single(reference => Path.GetFileName(reference.Display) == "AsyncLlm.dll")),
        },
        TestCode = "class C(AsyncLlm.{|CS0234:LlmCallAttribute|} attribute) { object x = attribute; }",
    }.RunAsync();

    [Fact]
    public Task A_reference_added() => new Test
    {
        TestState = { AdditionalReferences = { typeof(AsyncLlm.LlmCallAttribute).Assembly } },
        TestCode = "class C(AsyncLlm.LlmCallAttribute attribute) { object x = attribute; }",
    }.RunAsync();

    [Fact]
    public Task Suppressed_diagnostics_are_told_apart() => new SuppressorTest
    {
        CompilerDiagnostics = CompilerDiagnostics.Warnings,
        TestCode = "class C { int {|#1:x|} = {|#0:1|}; int {|#2:y|}; }",
        ExpectedDiagnostics =
        {
            One.WithLocation(0).WithIsSuppressed(true),
            DiagnosticResult.CompilerWarning("CS0414").WithLocation(1).WithIsSuppressed(false),
            DiagnosticResult.CompilerWarning("CS0169").WithLocation(2).WithIsSuppressed(true),
        },
    }.RunAsync();

    private sealed class Test : CSharpAnalyzerTest<OneAnalyzer, DefaultVerifier>;

    private sealed class SuppressorTest : CSharpAnalyzerTest<OneSuppressor, DefaultVerifier>
    {
        protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => [new OneAnalyzer(), new OneSuppressor()];
    }
}

/// <summary>What is wrong fails, and says why; the official library fails the same cases.</summary>
public class AnalyzerHarnessFails
{
    private static readonly DiagnosticResult One = new("HT001", DiagnosticSeverity.Warning);

    [Theory]
    [InlineData("class C { int x = [|1 |]+ 2; }", "/0/Test0.cs(1,19,1,21)", "/0/Test0.cs(1,19,1,20)", "\n                      ~")]
    [InlineData("class C { int x =[| 1|]; }", "- expected /0/Test0.cs(1,18,1,20)", "+ found    /0/Test0.cs(1,19,1,20)")]
    [InlineData("class C { int x = [|2|]; }", "Expected 1 diagnostics, found 0", "- expected")]
    [InlineData("class C { int x = 1; }", "Expected 0 diagnostics, found 1", "+ found", "'1' in TestProject is one", "class C { int x = 1; }\n                      ~")]
    [InlineData("class C { int x = {|HT002:1|}; }", "error HT002", "warning HT001")]
    [InlineData("class C { int x = $$ 1; }", "(1,19)")]
    [InlineData("class C { int x = one; }", "error CS0103 The name 'one' does not exist")]
    [InlineData("class C { int x = {|CS0103:2|}; }", "error CS0103")]
    [InlineData("class C { int x = [|1; }", "opened but not closed: '1; }'")]
    [InlineData("class C { int x = 1|]; }", "closed but not opened: 'class C { int x = 1'")]
    [InlineData("class C { int x = {|#0:1|}; int y = {|#0:1|}; }", "{|#0:..|} appears more than once")]
    public Task Wrong_expectations(string code, params string[] words) =>
        new Test { TestCode = code }.FailsAsync(words);

    public static TheoryData<DiagnosticResult, string> WrongDetails => new()
    {
        { One.WithSpan(1, 19, 1, 20).WithSeverity(DiagnosticSeverity.Error), "error HT001" },
        { One.WithSpan(1, 19, 1, 20).WithArguments("1"), "HT001  (\"1\")" },
        { One.WithSpan(1, 19, 1, 20).WithArguments("1", "Other"), "(\"1\", \"TestProject\")" },
        { One.WithSpan(1, 19, 1, 20).WithMessage("One"), "One" },
        { One.WithSpan(1, 19, 1, 20).WithIsSuppressed(true), "HT001" },
        { One.WithSpan("/0/Test1.cs", 1, 19, 1, 20), "/0/Test1.cs" },
        { One.WithSpan(1, 19, 1, 20).WithSpan(1, 1, 1, 2), "HT001" },
        { One.WithSpan(1, 18, 1, 20), "(1,18,1,20)" },
        { One.WithLocation(1, 20), "(1,20)" },
        { One.WithLocation(0), "{|#0:..|}" },
        { One, "(no location)" },
        { new DiagnosticResult(OneAnalyzer.Rule).WithLocation(1, 19), "'{0}' in {1} is one" },
    };

    [Theory]
    [MemberData(nameof(WrongDetails))]
    public Task Wrong_details(DiagnosticResult expected, string words) =>
        new Test { TestCode = "class C { int x = 1; }", ExpectedDiagnostics = { expected } }.FailsAsync(words);

    [Fact]
    public Task One_diagnostic_expected_twice() =>
        new Test { TestCode = "class C { int x = [|1|]; }", ExpectedDiagnostics = { One.WithLocation(1, 19) } }.FailsAsync("Expected 2 diagnostics, found 1");

    [Fact]
    public Task A_diagnostic_expected_in_another_file() => new Test
    {
        TestState = { Sources = { "class C { int x = [|2|]; }", "class D { int x = 1; }" } },
    }.FailsAsync("- expected /0/Test0.cs", "+ found    /0/Test1.cs");

    [Fact]
    public Task A_diagnostic_not_declared_in_a_further_project() => new Test
    {
        TestCode = "class C;",
        TestState = { AdditionalProjects = { ["Lib"] = { Sources = { "class D { int x = 1; }" } } } },
    }.FailsAsync("/Lib/Test0.cs");

    [Fact]
    public Task A_further_project_that_does_not_compile() => new Test
    {
        TestCode = "class C;",
        TestState = { AdditionalProjects = { ["Lib"] = { Sources = { "class D { int x = one; }" } } } },
    }.FailsAsync("/Lib/Test0.cs", "CS0103");

    [Fact]
    public Task Additional_locations_that_are_not_declared() => new CSharpAnalyzerTest<AdditionalLocationAnalyzer, DefaultVerifier>
    {
        TestCode = "class C { int x = 1; }",
        ExpectedDiagnostics = { One.WithLocation(1, 19) },
    }.FailsAsync("HT001");

    [Fact]
    public Task An_analyzer_that_throws() => new CSharpAnalyzerTest<ThrowingAnalyzer, DefaultVerifier> { TestCode = "class C { int x = 1; }" }
        .FailsAsync("error AD0001", "FormatException", "the analyzer's own words", "ThrowingAnalyzer.Report");

    [Fact]
    public Task An_analyzer_that_forgot_generated_code() => new CSharpAnalyzerTest<SilentOnGeneratedCodeAnalyzer, DefaultVerifier> { TestCode = "class C { int x = [|1|]; }" }
        .FailsAsync("Context: The same code marked <auto-generated>", "Expected 0 diagnostics, found 1");

    [Fact]
    public Task An_analyzer_that_reports_in_generated_code()
    {
        var test = new CSharpAnalyzerTest<GeneratedCodeAnalyzer, DefaultVerifier> { TestCode = "class C { int x = [|1|]; }" };
#if OFFICIAL_TESTING
        // It trusts an analyzer that configures generated code at all.
        return test.RunAsync();
#else
        return test.FailsAsync("Context: The same code marked <auto-generated>");
#endif
    }

    [Fact]
    public Task Unless_generated_code_is_not_checked() => new CSharpAnalyzerTest<GeneratedCodeAnalyzer, DefaultVerifier>
    {
        TestCode = "class C { int x = [|1|]; }",
        TestBehaviors = TestBehaviors.SkipGeneratedCodeCheck,
    }.RunAsync();

    [Fact]
    public Task A_diagnostic_no_pragma_reaches() => new CSharpAnalyzerTest<FilePositionAnalyzer, DefaultVerifier>
    {
        TestCode = "class C { int x = [|1|]; }",
        TestBehaviors = TestBehaviors.SkipGeneratedCodeCheck,
    }.FailsAsync("Context: The same code under '#pragma warning disable'");

    [Fact]
    public Task Unless_suppression_is_not_checked() => new CSharpAnalyzerTest<FilePositionAnalyzer, DefaultVerifier>
    {
        TestCode = "class C { int x = [|1|]; }",
        TestBehaviors = TestBehaviors.SkipGeneratedCodeCheck | TestBehaviors.SkipSuppressionCheck,
    }.RunAsync();

    [Fact]
    public Task Markup_without_id_for_an_analyzer_of_two_rules() =>
        new CSharpAnalyzerTest<SurroundingsAnalyzer, DefaultVerifier> { TestCode = "class [|C|];" }.FailsAsync("the first analyzer must support exactly one");

    [Fact]
    public Task A_test_without_sources() => new Test().FailsAsync("There are no sources");

    private sealed class Test : CSharpAnalyzerTest<OneAnalyzer, DefaultVerifier>;
}
