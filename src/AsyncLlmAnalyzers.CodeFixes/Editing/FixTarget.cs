using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>The place a diagnostic stands at, in the document as it is now, with the analyzers' own view of it.</summary>
internal sealed class FixTarget
{
    private FixTarget(Document document, SyntaxNode root, SemanticModel model, LlmContext context, Diagnostic diagnostic, SyntaxToken token)
    {
        Document = document;
        Root = root;
        Model = model;
        Context = context;
        Diagnostic = diagnostic;
        Token = token;
    }

    public Document Document { get; }

    public SyntaxNode Root { get; }

    public SemanticModel Model { get; }

    public LlmContext Context { get; }

    public Diagnostic Diagnostic { get; }

    /// <summary>The options in force in the document.</summary>
    public AnalyzerConfigOptions Options => Document.Project.AnalyzerOptions.AnalyzerConfigOptionsProvider.GetOptions(Root.SyntaxTree);

    /// <summary>The token the diagnostic marks.</summary>
    public SyntaxToken Token { get; }

    public int MaxConcurrency => DiagnosticProperties.MaxConcurrency.TryRead(Diagnostic, out var value) ? value : Hosting.Options.MaxConcurrency.Default;

    /// <summary>Null when the document no longer is what the diagnostic was about.</summary>
    public static async Task<FixTarget?> CreateAsync(Document document, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        var root = await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false);
        var model = await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false);
        if (root is null || model is null || diagnostic.Location.SourceSpan.End > root.FullSpan.End)
            return null;

        return LlmContext.Create(model.Compilation, document.Project.AnalyzerOptions, cancellationToken) is { } context
            ? new FixTarget(document, root, model, context, diagnostic, root.FindToken(diagnostic.Location.SourceSpan.Start))
            : null;
    }

    /// <summary>Another place of the same document, which has to change instead of the marked one.</summary>
    public FixTarget? At(Location place) => place.SourceTree == Root.SyntaxTree
        ? new FixTarget(Document, Root, Model, Context, Diagnostic, Root.FindToken(place.SourceSpan.Start))
        : null;

    public T? FirstAncestor<T>()
        where T : SyntaxNode => Token.Parent?.FirstAncestorOrSelf<T>();

    public IInvocationOperation? InvocationAt(SyntaxNode? node, CancellationToken cancellationToken) =>
        node is null ? null : Model.GetOperation(node, cancellationToken) as IInvocationOperation;
}
