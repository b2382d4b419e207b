using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace Microsoft.CodeAnalysis.Testing;

/// <summary>Where a test's failures go; an implementation throws what its test framework shows.</summary>
public interface IVerifier
{
    void Empty<T>(string collectionName, IEnumerable<T> collection);

    void NotEmpty<T>(string collectionName, IEnumerable<T> collection);

    void LanguageIsSupported(string language);

    void Equal<T>(T expected, T actual, string? message = null);

    void True([DoesNotReturnIf(false)] bool assert, string? message = null);

    void False([DoesNotReturnIf(true)] bool assert, string? message = null);

    [DoesNotReturn]
    void Fail(string? message = null);

    void SequenceEqual<T>(IEnumerable<T> expected, IEnumerable<T> actual, IEqualityComparer<T>? equalityComparer = null, string? message = null);

    IVerifier PushContext(string context);
}

/// <summary>Fails with an <see cref="InvalidOperationException"/> that opens with the steps the test was in.</summary>
public class DefaultVerifier : IVerifier
{
    public DefaultVerifier()
        : this(ImmutableStack<string>.Empty)
    {
    }

    protected DefaultVerifier(ImmutableStack<string> context) => Context = context;

    protected ImmutableStack<string> Context { get; }

    public virtual void Empty<T>(string collectionName, IEnumerable<T> collection) =>
        True(!collection.Any(), $"'{collectionName}' is not empty");

    public virtual void NotEmpty<T>(string collectionName, IEnumerable<T> collection) =>
        True(collection.Any(), $"'{collectionName}' is empty");

    public virtual void LanguageIsSupported(string language) => Equal(LanguageNames.CSharp, language);

    public virtual void Equal<T>(T expected, T actual, string? message = null) =>
        True(EqualityComparer<T>.Default.Equals(expected, actual), message ?? $"Expected '{expected}', found '{actual}'");

    public virtual void True([DoesNotReturnIf(false)] bool assert, string? message = null)
    {
        if (!assert)
            Fail(message);
    }

    public virtual void False([DoesNotReturnIf(true)] bool assert, string? message = null) => True(!assert, message);

    [DoesNotReturn]
    public virtual void Fail(string? message = null) => throw new InvalidOperationException(CreateMessage(message ?? "Verification failed"));

    public virtual void SequenceEqual<T>(IEnumerable<T> expected, IEnumerable<T> actual, IEqualityComparer<T>? equalityComparer = null, string? message = null) =>
        True(expected.SequenceEqual(actual, equalityComparer), message ?? "Sequences differ");

    public virtual IVerifier PushContext(string context) => new DefaultVerifier(Context.Push(context));

    protected virtual string CreateMessage(string message) =>
        Context.Aggregate(message, (inner, step) => $"Context: {step}{Environment.NewLine}{inner}");
}

public static class IVerifierExtensions
{
    /// <summary>Fails with a line diff (<c>-</c> expected, <c>+</c> actual) when the texts differ.</summary>
    public static void EqualOrDiff(this IVerifier verifier, string expected, string actual, string? message = null)
    {
        if (expected == actual)
            return;

        var text = new StringBuilder(message ?? "The texts differ").AppendLine(" (- expected, + actual):");
        var onlyLineEndings = expected.ReplaceLineEndings("\n") == actual.ReplaceLineEndings("\n");
        foreach (var line in InlineDiffBuilder.Diff(Visible(expected), Visible(actual), ignoreWhiteSpace: false).Lines)
        {
            var sign = line.Type switch { ChangeType.Inserted => '+', ChangeType.Deleted => '-', _ => ' ' };
            text.Append(sign).AppendLine(line.Text);
        }

        verifier.Fail(text.ToString());

        string Visible(string value) => onlyLineEndings ? value.Replace("\r", "<CR>").Replace("\n", "<LF>\n") : value;
    }
}
