using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.FindSymbols;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Finds every place in the solution that has to await a function once it returns a task.</summary>
internal sealed class CallSites(Solution solution, CancellationToken cancellationToken)
{
    private static readonly string[] MarkupExtensions = [".razor", ".cshtml", ".xaml", ".axaml"];

    private List<(TextDocument Document, string Text)>? _markup;
    private List<(TextDocument Document, string Text)>? _dynamicCode;

    /// <summary>The calls of the function, or null when it is used in a way no <c>await</c> can be written for.</summary>
    public async Task<ImmutableArray<AwaitPlace>?> OfAsync(IMethodSymbol function)
    {
        if (function.MethodKind != MethodKind.LocalFunction && (await IsNamedInMarkupAsync(function.Name).ConfigureAwait(false) || await IsCalledDynamicallyAsync(function.Name).ConfigureAwait(false)))
            return null;

        var places = ImmutableArray.CreateBuilder<AwaitPlace>();
        foreach (var referenced in await SymbolFinder.FindReferencesAsync(function, solution, cancellationToken).ConfigureAwait(false))
        {
            // An interface member or another part: what is called is not this function alone.
            if (!IsDeclaration(referenced.Definition, function))
                return null;

            foreach (var location in referenced.Locations)
            {
                switch (await UseAtAsync(location).ConfigureAwait(false))
                {
                    case (Use.Call, { } place):
                        places.Add(place);
                        break;
                    case (Use.Mention, _):
                        break;
                    default:
                        return null;
                }
            }
        }

        return places.ToImmutable();
    }

    private enum Use
    {
        Other,

        /// <summary>A documentation reference, <c>nameof</c>, or a method group given to a library that awaits what it returns.</summary>
        Mention,

        Call,
    }

    private static bool IsDeclaration(ISymbol definition, IMethodSymbol function) => definition.DeclaringSyntaxReferences.Any(one =>
        function.DeclaringSyntaxReferences.Any(other => one.SyntaxTree.FilePath == other.SyntaxTree.FilePath && one.Span == other.Span));

    private async Task<(Use Use, AwaitPlace? Place)> UseAtAsync(ReferenceLocation location)
    {
        var document = location.Document;
        if (location.IsImplicit || document.Project.Language != LanguageNames.CSharp || await document.IsGeneratedAsync(cancellationToken).ConfigureAwait(false))
            return (Use.Other, null);

        var root = await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false);
        var model = await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false);
        if (root?.FindNode(location.Location.SourceSpan, findInsideTrivia: true, getInnermostNodeForTie: true).FirstAncestorOrSelf<SimpleNameSyntax>() is not { } name || model is null)
            return (Use.Other, null);
        if (name.IsPartOfStructuredTrivia() || IsInNameOf(name, model))
            return (Use.Mention, null);

        var called = name.Parent is MemberAccessExpressionSyntax access && access.Name == name ? access : (ExpressionSyntax)name;
        if (called.Parent is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax host })
            return (model.GetSymbolInfo(host, cancellationToken).Symbol is IMethodSymbol method && AsyncFunctions.TakesAnyDelegate(method) ? Use.Mention : Use.Other, null);

        return called.Parent is InvocationExpressionSyntax invocation && invocation.Expression == called
            && !ConditionalAccess.IsInside(invocation)
            && model.GetOperation(invocation, cancellationToken) is IInvocationOperation
                ? (Use.Call, AwaitPlace.Of(document.Id, invocation))
                : (Use.Other, null);
    }

    private bool IsInNameOf(SyntaxNode name, SemanticModel model) => name.Ancestors().OfType<InvocationExpressionSyntax>().Any(invocation =>
        invocation.Expression is IdentifierNameSyntax { Identifier.ValueText: "nameof" } && model.GetOperation(invocation, cancellationToken) is INameOfOperation);

    /// <summary>Markup is compiled by others, who may not be part of this workspace.</summary>
    private async Task<bool> IsNamedInMarkupAsync(string name)
    {
        _markup ??= await TextsAsync(solution.Projects
            .SelectMany(project => project.AdditionalDocuments)
            .Where(document => MarkupExtensions.Any(extension => document.Name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)))).ConfigureAwait(false);
        return _markup.Any(file => Regex.IsMatch(file.Text, $@"\b{Regex.Escape(name)}\b"));
    }

    /// <summary>A call that is bound only when it runs names no symbol.</summary>
    private async Task<bool> IsCalledDynamicallyAsync(string name)
    {
        _dynamicCode ??= [.. (await TextsAsync(solution.Projects
            .Where(project => project.Language == LanguageNames.CSharp)
            .SelectMany(project => project.Documents)).ConfigureAwait(false)).Where(file => file.Text.Contains("dynamic"))];
        foreach (var (document, text) in _dynamicCode)
        {
            if (text.Contains(name)
                && await ((Document)document).GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false) is { } root
                && await ((Document)document).GetSemanticModelAsync(cancellationToken).ConfigureAwait(false) is { } model
                && root.DescendantNodes().OfType<MemberAccessExpressionSyntax>().Any(access =>
                    access.Name.Identifier.ValueText == name && model.GetTypeInfo(access.Expression, cancellationToken).Type is IDynamicTypeSymbol))
                return true;
        }

        return false;
    }

    private async Task<List<(TextDocument Document, string Text)>> TextsAsync(IEnumerable<TextDocument> documents)
    {
        var texts = new List<(TextDocument, string)>();
        foreach (var document in documents)
            texts.Add((document, (await document.GetTextAsync(cancellationToken).ConfigureAwait(false)).ToString()));
        return texts;
    }
}
