using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>Short ways to say of one rule: reports, stays silent, is fixed.</summary>
public abstract class FixTests(string id)
{
    protected string Id { get; } = id;

    /// <summary>Indents all lines but the first and empty ones, so that a piece of code fits into a frame.</summary>
    protected static string Indent(string code, int spaces) =>
        string.Join('\n', code.Split('\n').Select(line => line.Length == 0 ? line : new string(' ', spaces) + line));

    /// <summary>The marked places, and no others, are reported.</summary>
    protected Task ReportsAsync(string code, params (string Key, string Value)[] options) => Test(code, options).RunAsync();

    protected Task SilentAsync(string code, params (string Key, string Value)[] options)
    {
        Assert.DoesNotContain("[|", code, StringComparison.Ordinal);
        return Test(code, options).RunAsync();
    }

    /// <summary>The default fix, or that of the kind, turns the code into the other: alone and through Fix All in every scope.</summary>
    protected Task FixesAsync(
        string code, string fixedCode, bool withRuntime = false, string? kind = null, params (string Key, string Value)[] options) =>
        FixesAsync(new RuleTest(Id, withRuntime) { CodeActionEquivalenceKey = kind is null ? null : $"{Id}.{kind}" }, code, fixedCode, options);

    /// <summary>As <c>dotnet format</c> asks when the first diagnostic has no fix: Fix All with no equivalence key is the default one.</summary>
    protected Task FixesAllWithoutKeyAsync(string code, string fixedCode) =>
        FixesAsync(new RuleTest(Id, withRuntime: false, fixAllWithoutKey: true), code, fixedCode, []);

    private static Task FixesAsync(RuleTest test, string code, string fixedCode, (string Key, string Value)[] options)
    {
        test.TestCode = code;
        test.FixedCode = fixedCode;
        Configure(test, options);
        return test.RunAsync();
    }

    protected Task OffersNoFixAsync(string code, bool withRuntime = false)
    {
        var test = new RuleTest(Id, withRuntime) { TestCode = code, FixedCode = code };
        Configure(test, []);
        return test.RunAsync();
    }

    /// <summary>The marked place is reported and left as it is, because of what <paramref name="other"/> does, which is not reported.</summary>
    protected Task OffersNoFixBecauseOfAsync(string code, string other)
    {
        var test = new RuleTest(Id) { TestCode = code, FixedCode = code };
        test.TestState.Sources.Add(other);
        test.FixedState.Sources.Add(other);
        Configure(test, []);
        return test.RunAsync();
    }

    /// <summary>Several files of one project; those of <paramref name="others"/> expect no diagnostic.</summary>
    protected async Task ReportsAcrossFilesAsync(string code, params string[] others)
    {
        var test = Test(code, []);
        foreach (var other in others)
            test.TestState.Sources.Add(other);
        await test.RunAsync();
    }

    private RuleTest Test(string code, (string Key, string Value)[] options)
    {
        var test = new RuleTest(Id) { TestCode = code };
        Configure(test, options);
        return test;
    }

    private static void Configure(RuleTest test, (string Key, string Value)[] options)
    {
        if (options.Length > 0)
            test.TestState.AnalyzerConfigFiles.Add(("/.editorconfig", $"root = true\n[*.cs]\n{string.Join('\n', options.Select(option => $"{option.Key} = {option.Value}"))}\n"));
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        if (test.TestState.Sources[0].content.ToString().Contains("/* top-level */", StringComparison.Ordinal))
            test.TestState.OutputKind = OutputKind.ConsoleApplication;
        if (test.FixedState.Sources.Count > 0)
            test.FixedState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
    }
}
