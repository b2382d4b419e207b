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
        if (location.IsImplicit || document.Project.Language != LanguageNames.CSharp || await Generated.IsAsync(document, cancellationToken).ConfigureAwait(false))
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
        foreach (var document in solution.Projects.SelectMany(project => project.AdditionalDocuments))
        {
            if (MarkupExtensions.Any(extension => document.Name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
                && Regex.IsMatch((await document.GetTextAsync(cancellationToken).ConfigureAwait(false)).ToString(), $@"\b{Regex.Escape(name)}\b"))
                return true;
        }

        return false;
    }

    /// <summary>A call that is bound only when it runs names no symbol.</summary>
    private async Task<bool> IsCalledDynamicallyAsync(string name)
    {
        foreach (var document in solution.Projects.Where(project => project.Language == LanguageNames.CSharp).SelectMany(project => project.Documents))
        {
            if (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false) is not { } root
                || !Mentions(await document.GetTextAsync(cancellationToken).ConfigureAwait(false), name))
                continue;

            var accesses = root.DescendantNodes().OfType<MemberAccessExpressionSyntax>().Where(access => access.Name.Identifier.ValueText == name).ToList();
            if (accesses.Count > 0
                && await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false) is { } model
                && accesses.Any(access => model.GetTypeInfo(access.Expression, cancellationToken).Type is IDynamicTypeSymbol))
                return true;
        }

        return false;

        static bool Mentions(Microsoft.CodeAnalysis.Text.SourceText text, string name)
        {
            var content = text.ToString();
            return content.Contains("dynamic") && content.Contains(name);
        }
    }
}
