using System.Diagnostics.CodeAnalysis;
using System.Text;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace Microsoft.CodeAnalysis.Testing;

/// <summary>Where a test's failures go.</summary>
public interface IVerifier
{
    [DoesNotReturn]
    void Fail(string? message = null);

    IVerifier PushContext(string context);
}

/// <summary>Fails with an exception whose message opens with the steps the test was in.</summary>
public class DefaultVerifier : IVerifier
{
    private string steps = "";

    [DoesNotReturn]
    public void Fail(string? message = null) => throw new InvalidOperationException(steps + message);

    public IVerifier PushContext(string context) => new DefaultVerifier { steps = $"{steps}Context: {context}\n" };
}

public static class IVerifierExtensions
{
    public static void True(this IVerifier verifier, [DoesNotReturnIf(false)] bool assert, string? message = null)
    {
        if (!assert)
            verifier.Fail(message);
    }

    /// <summary>Fails with a line diff when the texts differ; line endings are shown when nothing else does.</summary>
    public static void EqualOrDiff(this IVerifier verifier, string expected, string actual, string? message = null)
    {
        var onlyLineEndings = expected.ReplaceLineEndings() == actual.ReplaceLineEndings();
        var diff = new StringBuilder($"{message} (- expected, + actual):\n");
        foreach (var line in InlineDiffBuilder.Diff(Visible(expected), Visible(actual), ignoreWhiteSpace: false).Lines)
            diff.Append(line.Type switch { ChangeType.Inserted => '+', ChangeType.Deleted => '-', _ => ' ' }).AppendLine(line.Text);
        verifier.True(expected == actual, diff.ToString());

        string Visible(string text) => onlyLineEndings ? text.Replace("\r", "<CR>").Replace("\n", "<LF>\n") : text;
    }
}
