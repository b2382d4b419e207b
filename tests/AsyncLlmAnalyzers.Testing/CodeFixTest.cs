using Microsoft.CodeAnalysis.CSharp;

namespace Microsoft.CodeAnalysis.Testing;

/// <summary>After the checks of <see cref="AnalyzerTest{TVerifier}"/>, applies the fix one by one and as Fix All in document, project and solution, and compares what comes out.</summary>
public abstract class CodeFixTest<TVerifier> : AnalyzerTest<TVerifier>
    where TVerifier : IVerifier, new()
{
    /// <summary>The code once the fix has nothing left to do; the same as the input when no fix may be offered.</summary>
    public string FixedCode { set => FixedState.Sources.Add(value); }

    public SolutionState FixedState { get; } = new();

    /// <summary>The code after Fix All, where that differs from <see cref="FixedCode"/>.</summary>
    public string BatchFixedCode { set => BatchFixedState.Sources.Add(value); }

    public SolutionState BatchFixedState { get; } = new();

    public int? CodeActionIndex { get; set; }
    public string? CodeActionEquivalenceKey { get; set; }
    public CodeFixTestBehaviors CodeFixTestBehaviors { get; set; }
    public CodeActionValidationMode CodeActionValidationMode { get; set; } = CodeActionValidationMode.SemanticStructure;

    /// <summary>How often the fix is applied, or at most when negative; null: at most once a fixable diagnostic, never when nothing is to change.</summary>
    public int? NumberOfIncrementalIterations { get; set; }

    /// <summary>The same for each Fix All; null: once, at most once a document or project in these scopes.</summary>
    public int? NumberOfFixAllIterations { get; set; }

    protected abstract IEnumerable<CodeFixProvider> GetCodeFixProviders();

    protected override async Task RunImplAsync(CancellationToken cancellationToken)
    {
        ImmutableArray<string> fixable = [.. GetCodeFixProviders().SelectMany(provider => provider.FixableDiagnosticIds)];
        var inherited = TestState.Inherit(null, fixable);
        var inheritedFixed = FixedState.Inherit(inherited, fixable);
        var before = ReadMarkup(inherited, fixable);
        var after = ReadMarkup(inheritedFixed, fixable);
        var afterAll = ReadMarkup(BatchFixedState.Inherit(inheritedFixed, fixable), fixable);

        await VerifyDiagnosticsAsync(before, Verify.PushContext("Diagnostics of test state"), cancellationToken);
        if (!FixedState.IsDeclared && !BatchFixedState.IsDeclared)
            return;

        var reported = before.ExpectedDiagnostics.FindAll(result => fixable.Contains(result.Id));
        await VerifyFixAsync(null, after, NumberOfIncrementalIterations, ChangedProjects(after), reported.Count);
        if (GetCodeFixProviders().Any(provider => provider.GetFixAllProvider() is not null))
        {
            var changed = ChangedProjects(afterAll);
            if (!CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.SkipFixAllInDocumentCheck))
                await VerifyFixAsync(FixAllScope.Document, afterAll, NumberOfFixAllIterations, before.Render() == afterAll.Render() ? 0 : 1, reported.Select(result => result.Spans.FirstOrDefault().Span.Path).Distinct().Count());
            if (!CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.SkipFixAllInProjectCheck))
                await VerifyFixAsync(FixAllScope.Project, afterAll, NumberOfFixAllIterations, changed, changed);
            if (!CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.SkipFixAllInSolutionCheck))
                await VerifyFixAsync(FixAllScope.Solution, afterAll, NumberOfFixAllIterations, changed, 1);
        }

        await VerifyDiagnosticsAsync(after, Verify.PushContext("Diagnostics of fixed state"), cancellationToken);
        if (BatchFixedState.IsDeclared && !CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.SkipFixAllCheck))
            await VerifyDiagnosticsAsync(afterAll, Verify.PushContext("Diagnostics of batch fixed state"), cancellationToken);

        int ChangedProjects(SolutionState after) =>
            before.Projects.Count(project => after.Projects.FirstOrDefault(other => other.Name == project.Name)?.Render() != project.Render());

        async Task VerifyFixAsync(FixAllScope? scope, SolutionState expected, int? declared, int changes, int most)
        {
            var verifier = Verify.PushContext(scope is null ? "Iterative code fix application" : $"Fix all in {scope.ToString()!.ToLowerInvariant()}");
            var limit = declared ?? (changes == 0 ? 0 : -most);
            var solution = await CreateSolutionAsync(before, "", cancellationToken);
            var (fixedSolution, count) = await ApplyFixesAsync(solution, scope, Math.Abs(limit), verifier, cancellationToken);
            var agrees = limit < -1 ? count <= -limit : count == Math.Abs(limit);
            var miscount = limit == 0 ? "No fix was expected, but one was offered."
                : count > Math.Abs(limit) ? $"Still fixing after {Math.Abs(limit)} iterations: the fix does not converge, or more iterations must be declared."
                : $"Expected {Math.Abs(limit)} iterations, needed {count}.";
            var (expectedText, text) = (string.Concat(expected.Projects.Select(project => project.Render())), await RenderAsync(fixedSolution, cancellationToken));
            (agrees ? verifier : verifier.PushContext(miscount)).EqualOrDiff(expectedText, text, "The fixed code differs");
            verifier.True(agrees, miscount);
            if (scope is null)
                await VerifyNoNewWarningsAsync(solution, fixedSolution, verifier, cancellationToken);
        }
    }

    /// <summary>Where warnings are errors, a fix that brings one does not compile.</summary>
    private async Task VerifyNoNewWarningsAsync(Solution before, Solution after, IVerifier verifier, CancellationToken cancellationToken)
    {
        var (old, found) = (await CompilerWarningsAsync(before, cancellationToken), await CompilerWarningsAsync(after, cancellationToken));
        verifier.True(
            found.All(warnings => warnings.Count() <= old[warnings.Key].Count()),
            $"The fix brings a warning of the compiler:\n{string.Join('\n', found.Where(warnings => warnings.Count() > old[warnings.Key].Count()).SelectMany(warnings => warnings))}");
    }

    /// <summary>Applies fixes until none is left or one more than <paramref name="limit"/> were applied.</summary>
    private async Task<(Solution Solution, int Count)> ApplyFixesAsync(Solution solution, FixAllScope? scope, int limit, IVerifier verifier, CancellationToken cancellationToken)
    {
        var previous = ImmutableArray<Finding>.Empty;
        for (var count = 0; ; count++)
        {
            var findings = await AnalyzeAsync(solution, cancellationToken);
            if (count > limit || findings.Select(Identity).SequenceEqual(previous.Select(Identity)) || (count > 0 && CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.FixOne)))
                return (solution, count);

            previous = findings;
            if (await ApplyFirstAsync(solution, findings, scope, verifier, cancellationToken) is not { } next)
                return (solution, count);

            solution = next;
        }

        static (ProjectId, string, TextSpan) Identity(Finding finding) => (finding.Project.Id, finding.Diagnostic.Id, finding.Diagnostic.Location.SourceSpan);
    }

    /// <returns>The solution with the first fix applied that changes anything; null when none is offered.</returns>
    private async Task<Solution?> ApplyFirstAsync(Solution solution, ImmutableArray<Finding> findings, FixAllScope? scope, IVerifier verifier, CancellationToken cancellationToken)
    {
        var fixable = findings.Where(finding => solution.GetDocument(finding.Diagnostic.Location.SourceTree) is not null && ProvidersFor(finding).Any()).ToList();
        verifier.True(
            CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.SkipLocalDiagnosticCheck) || fixable.All(finding => finding.IsLocal),
            "The fix is for a diagnostic reported outside the document under analysis: editors offer no light bulb for it");

        Solution? result = null;
        foreach (var finding in fixable.Take(CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.FixOne) ? 1 : int.MaxValue))
        {
            var document = solution.GetDocument(finding.Diagnostic.Location.SourceTree)!;
            var offers = new List<Offer>();
            foreach (var provider in ProvidersFor(finding))
                await provider.RegisterCodeFixesAsync(new(document, finding.Diagnostic, (action, _) => offers.AddRange(Leaves(action).Select(leaf => new Offer(leaf, provider))), cancellationToken));
            var asked = offers.Where((offer, index) => index == (CodeActionIndex ?? index) && offer.Action.EquivalenceKey == (CodeActionEquivalenceKey ?? offer.Action.EquivalenceKey));
            if (asked.FirstOrDefault() is not var (chosen, owner))
                continue;

            if (scope is { } all)
            {
                var fixAll = owner.GetFixAllProvider();
                var batch = fixAll?.GetSupportedFixAllScopes().Contains(all) != true ? null : await fixAll.GetFixAsync(
                    new(document, finding.Diagnostic.Location.SourceSpan, owner, all, chosen.EquivalenceKey, fixAll.GetSupportedFixAllDiagnosticIds(owner), new Reported(findings), cancellationToken));
                return batch is null ? null : await ApplyAsync(solution, batch, verifier, cancellationToken);
            }

            result = await ApplyAsync(solution, chosen, verifier, cancellationToken);
            if (result != solution)
                break;
        }

        return result;

        IEnumerable<CodeFixProvider> ProvidersFor(Finding finding) => GetCodeFixProviders().Where(provider => provider.FixableDiagnosticIds.Contains(finding.Diagnostic.Id));

        static IEnumerable<CodeAction> Leaves(CodeAction action) => action.NestedActions.IsEmpty ? [action] : action.NestedActions.SelectMany(Leaves);
    }

    private async Task<Solution> ApplyAsync(Solution solution, CodeAction action, IVerifier verifier, CancellationToken cancellationToken)
    {
        var operations = (await action.GetOperationsAsync(cancellationToken)).OfType<ApplyChangesOperation>().ToList();
        verifier.True(operations.Count == 1, $"'{action.Title}' has {operations.Count} operations that change the solution, not 1");
        var changed = operations[0].ChangedSolution;
        foreach (var id in changed.GetChanges(solution).GetProjectChanges().SelectMany(project => project.GetChangedDocuments().Concat(project.GetAddedDocuments())))
        {
            // A tree that reads differently than it was built (a parenthesis or a space is missing) breaks whatever edits it next.
            var built = (await changed.GetDocument(id)!.GetSyntaxRootAsync(cancellationToken))!;
            changed = changed.WithDocumentText(id, SourceText.From(built.ToFullString()));
            var parsed = (await changed.GetDocument(id)!.GetSyntaxRootAsync(cancellationToken))!;
            if (CodeActionValidationMode != CodeActionValidationMode.None && !(CodeActionValidationMode == CodeActionValidationMode.Full ? built.IsEquivalentTo(parsed) : Structure(built).SequenceEqual(Structure(parsed))))
            {
                var (ours, theirs) = built.DescendantNodesAndTokensAndSelf().Zip(parsed.DescendantNodesAndTokensAndSelf()).FirstOrDefault(pair => pair.First.RawKind != pair.Second.RawKind || pair.First.Span != pair.Second.Span, (First: built, Second: parsed));
                verifier.Fail($"'{action.Title}' builds another tree than the compiler parses from its text\n- parsed {theirs.Kind()}: {theirs}\n+ built  {ours.Kind()}: {ours}");
            }
        }

        return await KnownAsync(changed, cancellationToken);

        // SyntaxFactory.AreEquivalent tells a list of one element from the element alone, which parser and factory choose differently.
        static IEnumerable<(int Kind, TextSpan Span)> Structure(SyntaxNode root) => root.DescendantNodesAndTokensAndSelf().Select(item => (item.RawKind, item.Span));
    }

    private sealed record Offer(CodeAction Action, CodeFixProvider Provider);

    private sealed class Reported(ImmutableArray<Finding> findings) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) => In(project, _ => true);

        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken) =>
            In(document.Project, diagnostic => diagnostic.Location.GetLineSpan().Path == document.FilePath);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) => In(project, diagnostic => !diagnostic.Location.IsInSource);

        private Task<IEnumerable<Diagnostic>> In(Project project, Func<Diagnostic, bool> filter) =>
            Task.FromResult(findings.Where(finding => finding.Project.Id == project.Id).Select(finding => finding.Diagnostic).Where(filter));
    }
}
