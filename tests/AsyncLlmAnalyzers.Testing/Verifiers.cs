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

    void True([DoesNotReturnIf(false)] bool assert, string? message = null);

    void Equal<T>(T expected, T actual, string? message = null);

    void NotEmpty<T>(string collectionName, IEnumerable<T> collection);

    IVerifier PushContext(string context);
}

/// <summary>Fails with an exception whose message opens with the steps the test was in.</summary>
public class DefaultVerifier : IVerifier
{
    private string context = "";

    [DoesNotReturn]
    public void Fail(string? message = null) => throw new InvalidOperationException(context + message);

    public void True([DoesNotReturnIf(false)] bool assert, string? message = null)
    {
        if (!assert)
            Fail(message);
    }

    public void Equal<T>(T expected, T actual, string? message = null) =>
        True(EqualityComparer<T>.Default.Equals(expected, actual), message ?? $"Expected '{expected}', found '{actual}'");

    public void NotEmpty<T>(string collectionName, IEnumerable<T> collection) => True(collection.Any(), $"'{collectionName}' is empty");

    public IVerifier PushContext(string context) => new DefaultVerifier { context = $"{this.context}Context: {context}{Environment.NewLine}" };
}

public static class IVerifierExtensions
{
    /// <summary>Fails with a line diff when the texts differ; line endings are shown when nothing else does.</summary>
    public static void EqualOrDiff(this IVerifier verifier, string expected, string actual, string? message = null)
    {
        if (expected == actual)
            return;

        var onlyLineEndings = expected.ReplaceLineEndings("\n") == actual.ReplaceLineEndings("\n");
        var text = new StringBuilder(message ?? "The texts differ").AppendLine(" (- expected, + actual):");
        foreach (var line in InlineDiffBuilder.Diff(Visible(expected), Visible(actual), ignoreWhiteSpace: false).Lines)
            text.Append(line.Type switch { ChangeType.Inserted => '+', ChangeType.Deleted => '-', _ => ' ' }).AppendLine(line.Text);
        verifier.Fail(text.ToString());

        string Visible(string value) => onlyLineEndings ? value.Replace("\r", "<CR>").Replace("\n", "<LF>\n") : value;
    }
}
