using System.Collections.Immutable;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Microsoft.CodeAnalysis.Testing;

/// <summary>After the checks of <see cref="AnalyzerTest{TVerifier}"/>, applies a fix one by one and as Fix All in document, project and solution, and compares the outcome.</summary>
public abstract class CodeFixTest<TVerifier> : AnalyzerTest<TVerifier>
    where TVerifier : IVerifier, new()
{
    private readonly Dictionary<string, Solution> seen = [];

    protected CodeFixTest() => (FixedState, BatchFixedState) = (NewState(), NewState());

    /// <summary>The code once the fix has been applied until it has nothing left to do; the same as the input when no fix may be offered.</summary>
    public string FixedCode { set => FixedState.Sources.Add(value); }

    public SolutionState FixedState { get; }

    /// <summary>The code after Fix All, where that differs from <see cref="FixedCode"/>.</summary>
    public string BatchFixedCode { set => BatchFixedState.Sources.Add(value); }

    public SolutionState BatchFixedState { get; }

    public int? CodeActionIndex { get; set; }

    public string? CodeActionEquivalenceKey { get; set; }

    public Action<CodeAction, IVerifier>? CodeActionVerifier { get; set; }

    public CodeActionValidationMode CodeActionValidationMode { get; set; } = CodeActionValidationMode.SemanticStructure;

    /// <summary>How often the fix is applied: exactly so often, or at most so often when negative; null: at most once a fixable diagnostic, never when nothing is to change.</summary>
    public int? NumberOfIncrementalIterations { get; set; }

    /// <summary>As <see cref="NumberOfIncrementalIterations"/>, for Fix All; null: once.</summary>
    public int? NumberOfFixAllIterations { get; set; }

    /// <summary>As <see cref="NumberOfFixAllIterations"/>; null: at most once a document.</summary>
    public int? NumberOfFixAllInDocumentIterations { get; set; }

    /// <summary>As <see cref="NumberOfFixAllIterations"/>; null: at most once a project.</summary>
    public int? NumberOfFixAllInProjectIterations { get; set; }

    public CodeFixTestBehaviors CodeFixTestBehaviors { get; set; }

    protected abstract IEnumerable<CodeFixProvider> GetCodeFixProviders();

    protected override bool IsCompilerDiagnosticIncluded(Diagnostic diagnostic, CompilerDiagnostics compilerDiagnostics) =>
        base.IsCompilerDiagnosticIncluded(diagnostic, compilerDiagnostics) || GetCodeFixProviders().Any(provider => provider.FixableDiagnosticIds.Contains(diagnostic.Id));

    protected override async Task RunImplAsync(CancellationToken cancellationToken)
    {
        Verify.NotEmpty("TestState.Sources", TestState.Sources);
        ImmutableArray<string> fixable = [.. GetCodeFixProviders().SelectMany(provider => provider.FixableDiagnosticIds)];
        var inherited = TestState.Inherit(null, fixable);
        var inheritedFixed = FixedState.Inherit(inherited, fixable);
        var before = ReadMarkup(inherited, fixable);
        var after = ReadMarkup(inheritedFixed, fixable);
        var afterFixAll = ReadMarkup(BatchFixedState.Inherit(inheritedFixed, fixable), fixable);

        await VerifyDiagnosticsAsync(before, Verify.PushContext("Diagnostics of test state"), cancellationToken);
        if (!FixedState.IsDeclared && !BatchFixedState.IsDeclared)
            return;

        var reported = before.ExpectedDiagnostics.Where(result => fixable.Contains(result.Id)).ToList();
        await VerifyFixAsync(null, before, after, Limit(NumberOfIncrementalIterations, ChangedProjects(before, after), reported.Count), Verify.PushContext("Iterative code fix application"), cancellationToken);
        if (GetCodeFixProviders().Any(provider => provider.GetFixAllProvider() is not null))
        {
            var changed = ChangedProjects(before, afterFixAll);
            var documents = reported.Select(result => result.HasLocation ? result.Spans[0].Span.Path : "").Distinct().Count();
            await VerifyFixAllAsync(FixAllScope.Document, CodeFixTestBehaviors.SkipFixAllInDocumentCheck, Limit(NumberOfFixAllInDocumentIterations ?? NumberOfFixAllIterations, SolutionState.SameFiles(before, afterFixAll) ? 0 : 1, documents));
            await VerifyFixAllAsync(FixAllScope.Project, CodeFixTestBehaviors.SkipFixAllInProjectCheck, Limit(NumberOfFixAllInProjectIterations ?? NumberOfFixAllIterations, changed, changed));
            await VerifyFixAllAsync(FixAllScope.Solution, CodeFixTestBehaviors.SkipFixAllInSolutionCheck, Limit(NumberOfFixAllIterations, changed, 1));
        }

        await VerifyDiagnosticsAsync(after, Verify.PushContext("Diagnostics of fixed state"), cancellationToken);
        if (BatchFixedState.IsDeclared && !CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.SkipFixAllCheck))
            await VerifyDiagnosticsAsync(afterFixAll, Verify.PushContext("Diagnostics of batch fixed state"), cancellationToken);

        static int Limit(int? declared, int changes, int most) => declared ?? (changes == 0 ? 0 : -most);

        static int ChangedProjects(SolutionState before, SolutionState after) =>
            before.Projects.Count(project => after.Projects.FirstOrDefault(other => other.Name == project.Name) is not { } other || !SolutionState.SameFiles(project, other));

        Task VerifyFixAllAsync(FixAllScope scope, CodeFixTestBehaviors skip, int limit) => CodeFixTestBehaviors.HasFlag(skip)
            ? Task.CompletedTask
            : VerifyFixAsync(scope, before, afterFixAll, limit, Verify.PushContext($"Fix all in {scope.ToString().ToLowerInvariant()}"), cancellationToken);
    }

    private async Task VerifyFixAsync(FixAllScope? scope, SolutionState before, SolutionState expected, int limit, IVerifier verifier, CancellationToken cancellationToken)
    {
        var (solution, applied) = await ApplyFixesAsync(Known(await CreateSolutionAsync(before, "", cancellationToken)), scope, Math.Abs(limit), verifier, cancellationToken);
        var misses = limit == 0 ? "No fix was expected, but one was offered."
            : applied > Math.Abs(limit) ? $"Still fixing after {Math.Abs(limit)} iterations: the fix does not converge, or needs a higher number of iterations."
            : $"Expected {limit} iterations, needed {applied}.";
        var agrees = limit < -1 ? applied <= -limit : applied == Math.Abs(limit);
        await VerifyTextAsync(expected, solution, agrees ? verifier : verifier.PushContext(misses), cancellationToken);
        verifier.True(agrees, misses);
    }

    /// <summary>Applies fixes until none is left or one more than <paramref name="limit"/> were applied.</summary>
    private async Task<(Solution Solution, int Applied)> ApplyFixesAsync(Solution solution, FixAllScope? scope, int limit, IVerifier verifier, CancellationToken cancellationToken)
    {
        var previous = ImmutableArray<Finding>.Empty;
        var iteration = 0;
        for (var applied = 0; ; applied++)
        {
            var findings = await AnalyzeAsync(solution, cancellationToken);
            if (applied > limit || findings.IsEmpty || Same(findings, previous))
                return (solution, applied);

            previous = findings;
            var (next, offered) = await ApplyFirstAsync(solution, findings, scope, iteration++, verifier, cancellationToken);
            if (!offered)
                return (solution, applied);
            if (next == solution || CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.FixOne))
                return (next, applied + 1);
            solution = next;
        }

        static bool Same(ImmutableArray<Finding> one, ImmutableArray<Finding> other) => one.Select(Identity).SequenceEqual(other.Select(Identity));

        static (ProjectId, string, TextSpan) Identity(Finding finding) => (finding.Project.Id, finding.Diagnostic.Id, finding.Diagnostic.Location.SourceSpan);
    }

    private async Task<(Solution Solution, bool Offered)> ApplyFirstAsync(Solution solution, ImmutableArray<Finding> findings, FixAllScope? scope, int iteration, IVerifier verifier, CancellationToken cancellationToken)
    {
        var providers = GetCodeFixProviders().ToList();
        var fixable = findings.Where(finding => solution.GetDocument(finding.Diagnostic.Location.SourceTree) is not null && providers.Any(provider => provider.FixableDiagnosticIds.Contains(finding.Diagnostic.Id))).ToList();
        if (!CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.SkipLocalDiagnosticCheck))
            verifier.True(fixable.All(finding => finding.IsLocal), "The fix is for a diagnostic reported outside the document under analysis: editors offer no light bulb for it");

        var offered = false;
        foreach (var finding in CodeFixTestBehaviors.HasFlag(CodeFixTestBehaviors.FixOne) ? fixable.Take(1) : fixable)
        {
            var document = solution.GetDocument(finding.Diagnostic.Location.SourceTree)!;
            var actions = new List<(CodeAction Action, CodeFixProvider Provider)>();
            foreach (var provider in providers.Where(provider => provider.FixableDiagnosticIds.Contains(finding.Diagnostic.Id)))
                await provider.RegisterCodeFixesAsync(new(document, finding.Diagnostic, (action, _) => actions.AddRange(Leaves(action).Select(leaf => (leaf, provider))), cancellationToken));
            if (Choose(actions, iteration, verifier) is not { Action: { } chosen, Provider: { } owner })
                continue;

            if (scope is { } inScope)
            {
                var fixAll = owner.GetFixAllProvider();
                if (fixAll?.GetSupportedFixAllScopes().Contains(inScope) != true)
                    return (solution, false);

                var context = new FixAllContext(document, finding.Diagnostic.Location.SourceSpan, owner, inScope, chosen.EquivalenceKey, fixAll.GetSupportedFixAllDiagnosticIds(owner), new Reported(findings), cancellationToken);
                return await fixAll.GetFixAsync(context) is { } batch ? (await ApplyAsync(solution, batch, verifier, cancellationToken), true) : (solution, false);
            }

            offered = true;
            var next = await ApplyAsync(solution, chosen, verifier, cancellationToken);
            if (next != solution)
                return (next, true);
        }

        return (solution, offered);

        static IEnumerable<CodeAction> Leaves(CodeAction action) => action.NestedActions.IsEmpty ? [action] : action.NestedActions.SelectMany(Leaves);
    }

    private (CodeAction Action, CodeFixProvider Provider)? Choose(List<(CodeAction Action, CodeFixProvider Provider)> actions, int iteration, IVerifier verifier)
    {
        var candidates = CodeActionEquivalenceKey is null ? actions : actions.FindAll(candidate => candidate.Action.EquivalenceKey == CodeActionEquivalenceKey);
        if (CodeActionEquivalenceKey is not null && CodeActionIndex is { } index && (candidates.Count > 0 || iteration == 0))
        {
            verifier.True(index < actions.Count, $"Expected a code action at index {index}, but {actions.Count} are offered");
            verifier.Equal(CodeActionEquivalenceKey, actions[index].Action.EquivalenceKey, $"The code action at index {index} has the key '{actions[index].Action.EquivalenceKey}', not '{CodeActionEquivalenceKey}'");
            candidates = [actions[index]];
        }
        else if (CodeActionEquivalenceKey is null)
        {
            candidates = [.. actions.Skip(CodeActionIndex ?? 0)];
        }

        if (candidates.Count == 0)
            return null;

        CodeActionVerifier?.Invoke(candidates[0].Action, verifier);
        return candidates[0];
    }

    private async Task<Solution> ApplyAsync(Solution solution, CodeAction action, IVerifier verifier, CancellationToken cancellationToken)
    {
        var operations = (await action.GetOperationsAsync(cancellationToken)).OfType<ApplyChangesOperation>().ToList();
        verifier.Equal(1, operations.Count, $"'{action.Title}' has {operations.Count} operations that change the solution, not 1");
        var changed = operations[0].ChangedSolution;
        foreach (var id in changed.GetChanges(solution).GetProjectChanges().SelectMany(project => project.GetChangedDocuments().Concat(project.GetAddedDocuments())).ToList())
        {
            var built = (await changed.GetDocument(id)!.GetSyntaxRootAsync(cancellationToken))!;
            changed = changed.WithDocumentText(id, SourceText.From(built.ToFullString()));
            VerifyStructure(built, (await changed.GetDocument(id)!.GetSyntaxRootAsync(cancellationToken))!, action.Title, verifier);
        }

        return Known(changed);
    }

    /// <summary>A tree that reads differently than it was built (a missing parenthesis or space) breaks the next fix.</summary>
    private void VerifyStructure(SyntaxNode built, SyntaxNode parsed, string title, IVerifier verifier)
    {
        if (CodeActionValidationMode == CodeActionValidationMode.None || (CodeActionValidationMode == CodeActionValidationMode.Full ? built.IsEquivalentTo(parsed) : Structure(built).SequenceEqual(Structure(parsed))))
            return;

        var (actual, expected) = (built, parsed);
        while (actual.RawKind == expected.RawKind && actual.ChildNodes().Zip(expected.ChildNodes()).FirstOrDefault(pair => !SyntaxFactory.AreEquivalent(pair.First, pair.Second)) is ({ } first, { } second))
            (actual, expected) = (first, second);
        verifier.Fail($"'{title}' builds another tree than the compiler parses from its text.{Environment.NewLine}- parsed {expected.Kind()}: {expected}{Environment.NewLine}+ built  {actual.Kind()}: {actual}");

        // SyntaxFactory.AreEquivalent tells a list of one element from the element alone, which parser and factory choose differently.
        static IEnumerable<(int Kind, TextSpan Span)> Structure(SyntaxNode root) => root.DescendantNodesAndTokensAndSelf().Select(item => (item.RawKind, item.Span));
    }

    private static async Task VerifyTextAsync(SolutionState expected, Solution solution, IVerifier verifier, CancellationToken cancellationToken)
    {
        foreach (var state in expected.Projects)
        {
            var project = solution.Projects.Single(candidate => candidate.Name == state.Name);
            IEnumerable<TextDocument>[] found = [project.Documents, project.AdditionalDocuments, project.AnalyzerConfigDocuments];
            foreach (var (files, documents) in state.Files.Zip(found))
            {
                verifier.EqualOrDiff(string.Join('\n', files.Select(file => Path.GetFileName(file.filename))), string.Join('\n', documents.Select(document => document.Name)), $"The files of '{state.Name}' differ");
                foreach (var (file, document) in files.Zip(documents))
                    verifier.EqualOrDiff(file.content.ToString(), (await document.GetTextAsync(cancellationToken)).ToString(), $"'{file.filename}' differs");
            }
        }
    }

    /// <summary>The solution of the same texts that was analyzed already, since all ways to apply a fix start and should end alike.</summary>
    private Solution Known(Solution solution)
    {
        var texts = solution.Projects.SelectMany(project => project.Documents.Concat(project.AdditionalDocuments).Concat(project.AnalyzerConfigDocuments), (project, document) => $"{project.Name}\0{document.Name}\0{document.GetTextAsync().Result}");
        var key = string.Join('\0', texts);
        return seen.TryGetValue(key, out var known) ? known : seen[key] = solution;
    }

    private sealed class Reported(ImmutableArray<Finding> findings) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) =>
            Of(project, _ => true);

        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken) =>
            Of(document.Project, diagnostic => diagnostic.Location.GetLineSpan().Path == document.FilePath);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) =>
            Of(project, diagnostic => !diagnostic.Location.IsInSource);

        private Task<IEnumerable<Diagnostic>> Of(Project project, Func<Diagnostic, bool> filter) =>
            Task.FromResult(findings.Where(finding => finding.Project.Id == project.Id).Select(finding => finding.Diagnostic).Where(filter));
    }
}
