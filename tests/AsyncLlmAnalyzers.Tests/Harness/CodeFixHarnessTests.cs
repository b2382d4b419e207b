using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Harness;

/// <summary>What is right passes; the same cases run on the official library.</summary>
public class CodeFixHarnessPasses
{
    [Theory]
    [InlineData("class C { int x = [|1|]; }", "class C { int x = 2; }")]
    [InlineData("class C { int x = [|1|] + [|1|]; /* kept */ int y = [|1|]; }", "class C { int x = 2 + 2; /* kept */ int y = 2; }")]
    [InlineData("class C { int x = {|#0:1|}; }", "class C { int x = 2; }", 0)]
    public Task Fixed_one_by_one_and_all_at_once(string before, string after, params int[] keys)
    {
        var test = new Test<TwoFix> { TestCode = before, FixedCode = after };
        test.ExpectedDiagnostics.AddRange(keys.Select(key => new DiagnosticResult(OneAnalyzer.Rule).WithLocation(key).WithArguments("1", "TestProject")));
        return test.RunAsync();
    }

    [Fact]
    public Task No_fixed_code_means_only_the_diagnostics_are_checked() => new Test<UndeclaredNameFix> { TestCode = "class C { int x = [|1|]; }" }.RunAsync();

    [Fact]
    public Task The_same_code_means_no_fix_is_offered() =>
        new Test<NothingOfferedFix> { TestCode = "class C { int x = [|1|]; }", FixedCode = "class C { int x = [|1|]; }" }.RunAsync();

    [Fact]
    public Task Diagnostics_the_fix_leaves_are_declared() => new Test<LocalsOnlyFix>
    {
        TestCode = "class C { int x = [|1|]; void M() { var y = [|1|]; } }",
        FixedState = { Sources = { "class C { int x = [|1|]; void M() { var y = 2; } }" }, MarkupHandling = MarkupMode.Allow },
    }.RunAsync();

    [Fact]
    public Task Errors_the_fix_leaves_are_declared() => new Test<UndeclaredNameFix>
    {
        TestCode = "class C { int x = [|1|] + {|CS0103:one|}; }",
        FixedCode = "class C { int x = {|CS0103:two|} + {|CS0103:one|}; }",
    }.RunAsync();

    [Fact]
    public Task Several_documents_and_projects() => new Test<EvenFixAllFix>
    {
        TestState =
        {
            Sources = { "class C { int x = [|1|]; }", "class D { int x = [|1|] + [|1|]; }" },
            AdditionalProjects = { ["Lib"] = { Sources = { "class E { int x = [|1|]; }", "class F;" } } },
        },
        FixedState =
        {
            Sources = { "class C { int x = 2; }", "class D { int x = 2 + 2; }" },
            AdditionalProjects = { ["Lib"] = { Sources = { "class E { int x = 2; }", "class F;" } } },
        },
    }.RunAsync();

    [Fact]
    public Task Another_outcome_of_fix_all_when_declared() => new Test<OddInSolutionFix>
    {
        TestCode = "class C { int x = [|1|]; }",
        FixedCode = "class C { int x = 2; }",
        BatchFixedCode = "class C { int x = 3; }",
        CodeFixTestBehaviors = CodeFixTestBehaviors.SkipFixAllInDocumentCheck | CodeFixTestBehaviors.SkipFixAllInProjectCheck,
    }.RunAsync();

    [Fact]
    public Task Fix_all_that_is_not_checked() => new Test<OddInSolutionFix>
    {
        TestCode = "class C { int x = [|1|]; }",
        FixedCode = "class C { int x = 2; }",
        CodeFixTestBehaviors = CodeFixTestBehaviors.SkipFixAllCheck,
    }.RunAsync();

    [Theory]
    [InlineData(null, null, "2")]
    [InlineData(1, null, "3")]
    [InlineData(2, null, "4")]
    [InlineData(null, "2", "2")]
    [InlineData(null, "4", "4")]
    [InlineData(1, "3", "3")]
    public Task The_action_asked_for(int? index, string? key, string number) => new Test<ChoiceFix>
    {
        TestCode = "class C { int x = [|1|], y = [|1|]; }",
        FixedCode = $"class C {{ int x = {number}, y = {number}; }}",
        CodeActionIndex = index,
        CodeActionEquivalenceKey = key,
    }.RunAsync();

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    [InlineData(-3)]
    public Task As_many_iterations_as_declared(int iterations) => new Test<TwoStepFix>
    {
        TestCode = "class C { int x = [|1|]; }",
        FixedCode = "class C { int x = 3; }",
        NumberOfIncrementalIterations = iterations,
        NumberOfFixAllIterations = iterations,
    }.RunAsync();

    [Fact]
    public Task One_application_only() => new Test<TwoFix>
    {
        TestCode = "class C { int x = [|1|], y = [|1|]; }",
        FixedState = { Sources = { "class C { int x = 2, y = [|1|]; }" }, MarkupHandling = MarkupMode.Allow },
        BatchFixedCode = "class C { int x = 2, y = 2; }",
        CodeFixTestBehaviors = CodeFixTestBehaviors.FixOne,
    }.RunAsync();

    [Fact]
    public Task Changes_across_files_and_projects() => new Test<EverywhereFix>
    {
        TestState =
        {
            Sources = { "class C { int x = [|1|]; }", "class D { int x = [|1|]; }" },
            AdditionalFiles = { ("/0/Numbers.txt", "1") },
            AdditionalProjects = { ["Lib"] = { Sources = { "class E { int x = [|1|]; }" } } },
        },
        FixedState =
        {
            Sources = { "class C { int x = 2; }", "class D { int x = 2; }", ("/0/Two.cs", "class Two;") },
            AdditionalFiles = { ("/0/Numbers.txt", "2") },
            AdditionalProjects = { ["Lib"] = { Sources = { "class E { int x = 2; }" } } },
        },
    }.RunAsync();

    [Fact]
    public Task Trees_unlike_their_text_when_not_checked() => new Test<MisbuiltFix>
    {
        TestCode = "class C { int x = [|1|]; }",
        FixedCode = "class C { int x = 2 + 0 * 2; }",
        CodeActionValidationMode = CodeActionValidationMode.None,
    }.RunAsync();

    [Fact]
    public Task Diagnostics_outside_the_document_when_not_checked() => new CSharpCodeFixTest<CompilationEndAnalyzer, TwoFix, DefaultVerifier>
    {
        TestCode = "class C { int x = [|1|]; }",
        FixedCode = "class C { int x = 2; }",
        CodeFixTestBehaviors = CodeFixTestBehaviors.SkipLocalDiagnosticCheck,
    }.RunAsync();

    [Fact]
    public Task Configuration_and_references_are_kept_for_the_fixed_state() => new Test<TwoFix>
    {
        ReferenceAssemblies = ReferenceAssemblies.TestHost,
        TestState =
        {
            OutputKind = OutputKind.ConsoleApplication,
            Sources = { "object x = (typeof(OpenAI.Chat.ChatClient), [|1|]);", ("/0/Quiet.cs", "class C { int x = 1; }") },
            AnalyzerConfigFiles = { ("/.editorconfig", "[Quiet.cs]\ndotnet_diagnostic.HT001.severity = none") },
        },
        FixedState = { Sources = { "object x = (typeof(OpenAI.Chat.ChatClient), 2);", ("/0/Quiet.cs", "class C { int x = 1; }") } },
    }.RunAsync();

    private sealed class Test<TFix> : CSharpCodeFixTest<OneAnalyzer, TFix, DefaultVerifier>
        where TFix : CodeFixProvider, new();
}

/// <summary>What is wrong fails, and says why; the official library fails the same cases.</summary>
public class CodeFixHarnessFails
{
    private const string Before = "class C { int x = [|1|]; }";
    private const string After = "class C { int x = 2; }";

    [Fact]
    public Task Another_text() => new Test<TwoFix> { TestCode = "class C\n{\n    int x = [|1|];\n}", FixedCode = "class C\n{\n    int x = 3;\n}" }
        .FailsAsync("Context: Iterative code fix application", "The fixed code differs", " // TestProject: Test0.cs", " class C", "-    int x = 3;", "+    int x = 2;");

    [Fact]
    public Task Other_line_endings() => new Test<TwoFix> { TestCode = "class C\r\n{\n    int x = [|1|];\n}", FixedCode = "class C\n{\n    int x = 2;\n}" }
        .FailsAsync("-class C<LF>", "+class C<CR><LF>");

    [Fact]
    public Task Wrong_diagnostics_before() => new Test<TwoFix> { TestCode = "class C { int x = 1; }", FixedCode = After }.FailsAsync("Context: Diagnostics of test state");

    [Fact]
    public Task Fixed_code_that_does_not_compile() => new Test<UndeclaredNameFix> { TestCode = Before, FixedCode = "class C { int x = two; }" }
        .FailsAsync("Context: Diagnostics of fixed state", "CS0103 The name 'two' does not exist");

    [Fact]
    public Task Fix_all_code_that_does_not_compile() => new Test<UndeclaredNameFix>
    {
        TestCode = Before,
        FixedCode = "class C { int x = {|CS0103:two|}; }",
        BatchFixedCode = "class C { int x = two; }",
    }.FailsAsync("Context: Diagnostics of batch fixed state");

    [Fact]
    public Task A_diagnostic_left_without_being_declared() => new Test<LocalsOnlyFix>
    {
        TestCode = "class C { int x = [|1|]; void M() { var y = [|1|]; } }",
        FixedCode = "class C { int x = 1; void M() { var y = 2; } }",
    }.FailsAsync("Context: Diagnostics of fixed state", "HT001");

    [Fact]
    public Task A_fix_that_does_not_converge() => new Test<EndlessFix> { TestCode = Before, FixedCode = "class C { int x = (1 + 0); }" }
        .FailsAsync("Context: Iterative code fix application", "Still fixing after 1 iterations", "+class C { int x = ((1 + 0) + 0); }");

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(0)]
    [InlineData(-1)]
    public Task Another_number_of_iterations(int iterations) => new Test<TwoStepFix>
    {
        TestCode = Before,
        FixedCode = "class C { int x = 3; }",
        NumberOfIncrementalIterations = iterations,
        CodeFixTestBehaviors = CodeFixTestBehaviors.SkipFixAllCheck,
    }.FailsAsync(iterations switch { 0 => "No fix was expected", 3 => "Expected 3 iterations, needed 2", _ => "Still fixing after 1 iterations" });

    [Fact]
    public Task More_iterations_of_fix_all_than_one() => new Test<TwoStepFix> { TestCode = Before, FixedCode = "class C { int x = 3; }", NumberOfIncrementalIterations = 2 }
        .FailsAsync("Context: Fix all in document", "Still fixing after 1 iterations");

    [Fact]
    public Task A_fix_offered_where_none_is_expected() => new Test<TwoFix> { TestCode = Before, FixedCode = Before }
        .FailsAsync("No fix was expected, but one was offered", "-class C { int x = 1; }", "+class C { int x = 2; }");

    [Fact]
    public Task A_fix_offered_that_changes_nothing() => new Test<IdleFix> { TestCode = Before, FixedCode = Before }
        .FailsAsync("No fix was expected, but one was offered");

    [Fact]
    public Task A_fix_not_offered() => new Test<NothingOfferedFix> { TestCode = Before, FixedCode = After }
        .FailsAsync("Expected 1 iterations, needed 0", "-class C { int x = 2; }");

    [Fact]
    public Task Another_outcome_of_fix_all_in_document() => new Test<OddInDocumentFix> { TestCode = Before, FixedCode = After }
        .FailsAsync("Context: Fix all in document", "-class C { int x = 2; }", "+class C { int x = 3; }");

    [Fact]
    public Task Another_outcome_of_fix_all_in_project() => new Test<OddInProjectFix> { TestCode = Before, FixedCode = After }
        .FailsAsync("Context: Fix all in project", "-class C { int x = 2; }", "+class C { int x = 3; }");

    [Fact]
    public Task Another_outcome_of_fix_all_in_solution() => new Test<OddInSolutionFix> { TestCode = Before, FixedCode = After }
        .FailsAsync("Context: Fix all in solution", "-class C { int x = 2; }", "+class C { int x = 3; }");

    [Fact]
    public Task Another_outcome_in_a_further_project() => new Test<EvenFixAllFix>
    {
        TestCode = Before,
        TestState = { AdditionalProjects = { ["Lib"] = { Sources = { "class D { int x = [|1|]; }" } } } },
        FixedCode = After,
        FixedState = { AdditionalProjects = { ["Lib"] = { Sources = { "class D { int x = 3; }" } } } },
    }.FailsAsync(" // Lib: Test0.cs", "-class D { int x = 3; }");

    [Fact]
    public Task A_file_the_fix_should_have_added() => new Test<TwoFix> { TestCode = Before, FixedState = { Sources = { After, ("/0/Two.cs", "class Two;") } } }
        .FailsAsync("-// TestProject: Two.cs");

    [Fact]
    public Task A_tree_unlike_its_text() => new Test<MisbuiltFix> { TestCode = Before, FixedCode = "class C { int x = 2 + 0 * 2; }" }
        .FailsAsync("'Write 2 + 0 * 2' builds another tree", "- parsed AddExpression: 2 + 0 * 2", "+ built  MultiplyExpression: 2 + 0 * 2");

    [Fact]
    public Task Two_operations_in_one_action() => new Test<TwoOperationsFix> { TestCode = Before, FixedCode = After }
        .FailsAsync("'Twice' has 2 operations");

    [Fact]
    public Task A_fix_for_a_diagnostic_no_editor_computes() => new CSharpCodeFixTest<CompilationEndAnalyzer, TwoFix, DefaultVerifier> { TestCode = Before, FixedCode = After }
        .FailsAsync("reported outside the document");

    [Theory]
    [InlineData(0, "3")]
    [InlineData(5, "3")]
    [InlineData(null, "5")]
    [InlineData(3, null)]
    public Task An_action_that_is_not_offered(int? index, string? key) => new Test<ChoiceFix>
    {
        TestCode = Before,
        FixedCode = "class C { int x = 3; }",
        CodeActionIndex = index,
        CodeActionEquivalenceKey = key,
    }.FailsAsync("Expected 1 iterations, needed 0");

    private sealed class Test<TFix> : CSharpCodeFixTest<OneAnalyzer, TFix, DefaultVerifier>
        where TFix : CodeFixProvider, new();
}
