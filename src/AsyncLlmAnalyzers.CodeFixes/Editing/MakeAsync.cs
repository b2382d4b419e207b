using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>
/// One plan over the solution: some expressions are awaited, the functions around them become async, and so do their
/// callers, until everything awaits. It is made whole or not at all.
/// </summary>
internal sealed class MakeAsync
{
    /// <summary>A longer chain is a redesign, which is not for a fix to start.</summary>
    public const int MaxFunctions = 50;

    private readonly Solution _solution;
    private readonly Dictionary<(DocumentId, TextSpan), AwaitPlace> _places = [];
    private readonly Dictionary<(DocumentId DocumentId, TextSpan Span), string> _functions = [];

    private MakeAsync(Solution solution) => _solution = solution;

    /// <summary>The functions that become async, as a title names them; one in a linked file is one.</summary>
    public IReadOnlyCollection<string> Functions =>
        [.. _functions.GroupBy(function => (_solution.GetDocument(function.Key.DocumentId)!.FilePath, function.Key.Span), function => function.Value).Select(function => function.First())];

    /// <summary>The union of the plans for the places that can be awaited; null when there is none.</summary>
    public static async Task<MakeAsync?> PlanAsync(Solution solution, IEnumerable<AwaitPlace> places, CancellationToken cancellationToken)
    {
        var planner = new Planner(solution, cancellationToken);
        var union = new MakeAsync(solution);
        foreach (var place in places)
        {
            if (await planner.PlanAsync(place).ConfigureAwait(false) is { } plan)
                union.Add(plan);
        }

        return union._places.Count > 0 ? union : null;
    }

    /// <summary>The changed solution, or null when some changed file would not compile, or not be the same in every project it belongs to.</summary>
    public async Task<Solution?> ApplyAsync(CancellationToken cancellationToken)
    {
        var changed = _solution;
        var documents = _places.Keys.Select(key => key.Item1).Concat(_functions.Keys.Select(key => key.DocumentId)).Distinct().ToImmutableArray();
        foreach (var id in documents)
        {
            if (await RewriteAsync(_solution.GetDocument(id)!, cancellationToken).ConfigureAwait(false) is not { } root)
                return null;
            changed = changed.WithDocumentSyntaxRoot(id, root);
        }

        foreach (var id in documents)
            changed = (await Cleanup.CleanAsync(changed.GetDocument(id)!, cancellationToken).ConfigureAwait(false)).Project.Solution;

        foreach (var id in documents)
        {
            var (before, after) = (_solution.GetDocument(id)!, changed.GetDocument(id)!);
            if (!await Cleanup.IsSoundAsync(before, after, cancellationToken).ConfigureAwait(false) || !await IsSameEverywhereAsync(after, cancellationToken).ConfigureAwait(false))
                return null;
        }

        return changed;
    }

    private void Add(MakeAsync plan)
    {
        foreach (var place in plan._places)
            _places[place.Key] = place.Value;
        foreach (var function in plan._functions)
            _functions[function.Key] = function.Value;
    }

    private async Task<SyntaxNode?> RewriteAsync(Document document, CancellationToken cancellationToken)
    {
        var root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        var model = (await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false))!;
        var rewriter = new AsyncRewriter(root, model, new KnownTypes(model.Compilation), cancellationToken);
        foreach (var place in _places.Values.Where(place => place.DocumentId == document.Id))
        {
            if (NodeAt<ExpressionSyntax>(root, place.Span) is not { } expression)
                return null;
            rewriter.Await(expression, place.Operand);
        }

        foreach (var (id, span) in _functions.Keys)
        {
            if (id == document.Id)
                rewriter.MakeAsync(NodeAt<SyntaxNode>(root, span)!);
        }

        return rewriter.Rewrite();
    }

    private static async Task<bool> IsSameEverywhereAsync(Document document, CancellationToken cancellationToken)
    {
        var text = await document.GetTextAsync(cancellationToken).ConfigureAwait(false);
        foreach (var id in document.GetLinkedDocumentIds())
        {
            if (!text.ContentEquals(await document.Project.Solution.GetDocument(id)!.GetTextAsync(cancellationToken).ConfigureAwait(false)))
                return false;
        }

        return true;
    }

    private static T? NodeAt<T>(SyntaxNode root, TextSpan span)
        where T : SyntaxNode =>
        root.FullSpan.Contains(span) && root.FindNode(span, getInnermostNodeForTie: true) is T node && node.Span == span ? node : null;

    /// <summary>Plans place by place, and remembers what it learned of each function.</summary>
    private sealed class Planner(Solution solution, CancellationToken cancellationToken)
    {
        private readonly CallSites _callSites = new(solution, cancellationToken);
        private readonly Dictionary<(DocumentId, TextSpan), ImmutableArray<AwaitPlace>?> _callers = [];
        private readonly Dictionary<ProjectId, KnownTypes> _types = [];

        public async Task<MakeAsync?> PlanAsync(AwaitPlace start)
        {
            var plan = new MakeAsync(solution);
            var open = new Queue<AwaitPlace>();
            open.Enqueue(start);
            while (open.Count > 0)
            {
                var place = open.Dequeue();
                if (plan._places.ContainsKey((place.DocumentId, place.Span)))
                    continue;

                plan._places.Add((place.DocumentId, place.Span), place);
                foreach (var id in solution.GetDocument(place.DocumentId)!.GetLinkedDocumentIds())
                    open.Enqueue(place with { DocumentId = id });

                if (await CallersToAwaitAsync(plan, place).ConfigureAwait(false) is not { } callers || plan.Functions.Count > MaxFunctions)
                    return null;

                foreach (var caller in callers)
                    open.Enqueue(caller);
            }

            return plan;
        }

        /// <summary>Puts the function around the place into the plan; null when the place cannot be awaited.</summary>
        private async Task<ImmutableArray<AwaitPlace>?> CallersToAwaitAsync(MakeAsync plan, AwaitPlace place)
        {
            var document = solution.GetDocument(place.DocumentId)!;
            var root = await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false);
            var model = await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false);
            if (root is null || model is null
                || NodeAt<ExpressionSyntax>(root, place.Span) is not { } expression
                || AwaitPosition.FunctionOf(expression) is not { } function
                || !AwaitPosition.Allows(expression, function, model, cancellationToken))
                return null;

            if (AsyncFunctions.IsAsync(function) || plan._functions.ContainsKey((document.Id, function.Span)))
                return [];

            var types = TypesOf(document.Project.Id, model.Compilation);
            if (function is AnonymousFunctionExpressionSyntax lambda)
            {
                plan._functions.Add((document.Id, function.Span), "the lambda");
                return AsyncFunctions.MayBecomeAsync(lambda, model, types, cancellationToken) ? [] : null;
            }

            var method = (IMethodSymbol)model.GetDeclaredSymbol(function, cancellationToken)!;
            plan._functions.Add((document.Id, function.Span), $"'{method.Name}'");
            if (!_callers.TryGetValue((document.Id, function.Span), out var callers))
            {
                callers = await CallersAsync(function, method, types, model.Compilation).ConfigureAwait(false);
                _callers.Add((document.Id, function.Span), callers);
            }

            return callers;
        }

        private async Task<ImmutableArray<AwaitPlace>?> CallersAsync(SyntaxNode function, IMethodSymbol method, KnownTypes types, Compilation compilation)
        {
            if (!AsyncFunctions.MayBecomeAsync(function, method))
                return null;
            if (AsyncFunctions.KeepsSignature(method, types))
                return [];

            return AsyncFunctions.MayChangeSignature(method, compilation, solution) ? await _callSites.OfAsync(method).ConfigureAwait(false) : null;
        }

        private KnownTypes TypesOf(ProjectId project, Compilation compilation) =>
            _types.TryGetValue(project, out var types) ? types : _types[project] = new KnownTypes(compilation);
    }
}
