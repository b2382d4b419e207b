using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.UnlinkedTimeout;

/// <summary>Links the source to the caller's token and keeps its timeout.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(UnlinkedTimeoutFix)), Shared]
internal sealed class UnlinkedTimeoutFix() : LlmFix(UnlinkedTimeoutRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (!DiagnosticProperties.Token.TryRead(target.Diagnostic, out var outer)
            || target.InvocationAt(target.FirstAncestor<InvocationExpressionSyntax>(), default) is not { } invocation
            || LlmCall.From(invocation, target.Context) is not { } call
            || TokenPassed.Of(call) is not { } passed
            || TokenSource.Of(passed) is not { IsLinked: false } source)
            yield break;

        yield return new("Link", $"Link the timeout to '{outer}'", cancellationToken => Task.FromResult(
            source.Local is null ? Inline(target, call, passed, source, outer, cancellationToken)
            : new Edit(target, source, outer).Apply()));
    }

    /// <summary><c>new CancellationTokenSource(timeout).Token</c> as an argument.</summary>
    private static Document? Inline(FixTarget target, LlmCall call, IOperation passed, TokenSource source, string outer, CancellationToken cancellationToken) =>
        TimedSource.Before(target, call.Operation) is { } linked && Timer(source) is [_, ..] timer
            ? linked.Apply(new Dictionary<SyntaxNode, SyntaxNode> { [passed.Syntax] = linked.Token.WithTriviaFrom(passed.Syntax) }, timer, outer, cancellationToken)
            : null;

    private static List<ExpressionSyntax> Timer(TokenSource source) =>
        [.. ((IObjectCreationOperation)source.Creation).Arguments.Select(argument => argument.Value.Syntax).OfType<ExpressionSyntax>()];

    private sealed class Edit(FixTarget target, TokenSource source, string outer)
    {
        private readonly LlmEditor _editor = new(target.Root, target.Model);
        private readonly ExpressionSyntax _creation = (ExpressionSyntax)source.Creation.Syntax;
        private readonly List<ExpressionSyntax> _timer = Timer(source);

        public Document? Apply()
        {
            if (_creation.FirstAncestorOrSelf<StatementSyntax>() is not { } statement)
                return null;

            var place = statement.Parent is GlobalStatementSyntax global ? global : (SyntaxNode)statement;
            return _timer.Count > 1 || TellsWhoCancelled() ? WithSecondSource(place) : InOneSource(place);
        }

        /// <summary>The code asks this source whether the time has passed, so it has to stay the one that knows.</summary>
        private bool TellsWhoCancelled() => source.Uses.Any(use => use.Parent is IPropertyReferenceOperation
            { Property.Name: "IsCancellationRequested" } or IPropertyReferenceOperation { Property.Name: "Token", Parent: IPropertyReferenceOperation });

        private Document? InOneSource(SyntaxNode place)
        {
            var root = target.Root.TrackNodes(_creation, place);
            root = root.ReplaceNode(root.GetCurrentNode(_creation)!, Creation(TimedSource.Linked(outer)).WithTriviaFrom(_creation));
            return _timer is not [var timeout]
                ? target.Document.WithSyntaxRoot(root)
                : After(root, place, indentation => [_editor.Statement($"{source.Local!.Name}.{nameof(CancellationTokenSource.CancelAfter)}({Template.Hole});", indentation).Fill(timeout.WithoutOuterWhitespace())]);
        }

        private Document? WithSecondSource(SyntaxNode place)
        {
            var linked = _editor.FreshName("linked", _creation);
            var passed = source.Uses.Select(use => use.Parent)
                .OfType<IPropertyReferenceOperation>()
                .Where(reference => reference is { Property.Name: "Token", Parent: not IPropertyReferenceOperation })
                .Select(reference => ((MemberAccessExpressionSyntax)reference.Syntax).Expression)
                .ToList();
            var isDisposed = place is UsingStatementSyntax or LocalDeclarationStatementSyntax { UsingKeyword.RawKind: not 0 } or GlobalStatementSyntax { Statement: LocalDeclarationStatementSyntax { UsingKeyword.RawKind: not 0 } };
            var root = target.Root.TrackNodes(passed.Append(place));
            root = root.ReplaceNodes(passed.Select(name => root.GetCurrentNode(name)!), (name, _) => SyntaxFactory.IdentifierName(linked).WithTriviaFrom(name));
            return After(root, place, indentation => [_editor.Statement($"{(isDisposed ? "using " : "")}var {linked} = {TimedSource.Linked(outer, $"{source.Local!.Name}.Token")};", indentation)]);
        }

        private Document? After(SyntaxNode root, SyntaxNode place, Func<string, SyntaxList<StatementSyntax>> write)
        {
            var current = root.GetCurrentNode(place)!;
            var changed = current is UsingStatementSyntax { Statement: var body } @using
                ? root.ReplaceNode(current, @using.WithStatement(_editor.StartWith(body, write)))
                : LlmEditor.InsertAfter(root, current, write);
            return changed is null ? null : target.Document.WithSyntaxRoot(changed);
        }

        private static ExpressionSyntax Creation(string text) => SyntaxFactory.ParseExpression(text).WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation);
    }
}
