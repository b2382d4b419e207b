using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Harness;

public class FirstTests
{
    [Fact]
    public Task Analyzer() => new CSharpAnalyzerTest<OneAnalyzer, DefaultVerifier> { TestCode = "class C { int x = [|1|]; int y = 2; }" }.RunAsync();

    [Fact]
    public Task Fix() => new CSharpCodeFixTest<OneAnalyzer, TwoFix, DefaultVerifier>
    {
        TestCode = "class C { int x = [|1|]; int y = [|1|]; }",
        FixedCode = "class C { int x = 2; int y = 2; }",
    }.RunAsync();

    [Fact]
    public Task TestHostReferences() => new CSharpAnalyzerTest<OneAnalyzer, DefaultVerifier>
    {
        ReferenceAssemblies = ReferenceAssemblies.TestHost,
        TestCode = "class C { OpenAI.Chat.ChatClient? x; AsyncLlm.LlmCallAttribute? y; }",
    }.RunAsync();
}
