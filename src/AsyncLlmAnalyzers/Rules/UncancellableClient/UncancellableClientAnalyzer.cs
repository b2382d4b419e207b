using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.UncancellableClient;

/// <summary>
/// ALLM3011, at the end of a compilation and so in builds only. Reports once for each type of client, at its first call, when
/// <list type="bullet">
/// <item>no construction of such a client is visible, and no call through it has a token, a deadline or a timeout.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>one of the calls has, or may have, or could be given a token that is in scope (ALLM3002 says so there); its client is a class of the project; the project is one of tests.</item>
/// </list>
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class UncancellableClientAnalyzer : DiagnosticAnalyzer
{
    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        "ALLM3011",
        title: "No call through a client can be ended",
        message: "{0} through '{1}' in this project can be cancelled or timed out by it",
        DiagnosticSeverity.Warning,
        description: "A project whose clients come from elsewhere, and which passes no token and sets no timeout at any of its calls, cannot stop one that hangs: whoever made the client decides alone.",
        RuleTags.Minimal, RuleTags.OffInTests, RuleTags.NoFix, WellKnownDiagnosticTags.CompilationEnd);

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rule];

    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationAction(Report);
    }

    private static void Report(CompilationAnalysisContext end)
    {
        if (LlmContext.Create(end.Compilation, end.Options, end.CancellationToken) is not { } context)
            return;

        var calls =
            from invocation in context.Names.Invocations(context.MayBeLibraryCall, end.CancellationToken)
            let call = LlmCall.From(invocation, context)
            where call is not null && call.Entry.Kind != CatalogKind.Local && !call.Entry.HasTrait("no-token-fix")
            let client = invocation.ReceiverType()?.OriginalDefinition
            where client is not null
            select (Client: client, Operation: invocation);
        foreach (var client in calls.GroupBy(call => call.Client, call => call.Operation, (IEqualityComparer<ITypeSymbol>)SymbolEqualityComparer.Default))
        {
            var all = client.ToList();
            if (all.TrueForAll(call => HasNoEnd(call, context, end.CancellationToken)))
                end.ReportDiagnostic(Diagnostic.Create(Rule, First(all), all.Count == 1 ? "Not even the only call" : $"None of the {all.Count} calls", client.Key.Name));
        }
    }

    private static bool HasNoEnd(IInvocationOperation call, LlmContext context, CancellationToken cancellationToken) =>
        Deadline.OfToken(call).Verdict == Verdict.No
        && TokenWanted.At(call).IsEmpty
        && ClientOrigins.Of(call, context, cancellationToken) is { All.IsEmpty: true, IsOwn: false, IsMadeHere: false }
        && Deadline.Around(call, context, cancellationToken).Verdict == Verdict.No
        && ClientLayers.Of(call, ExecutorRole.Deadline, context, cancellationToken).Verdict == Verdict.No;

    private static Location First(IEnumerable<IInvocationOperation> calls) => calls
        .Select(call => (Site.NameOf(call.Syntax)?.Identifier ?? call.Syntax.GetFirstToken()).GetLocation())
        .OrderBy(location => location.SourceTree!.FilePath, StringComparer.Ordinal)
        .ThenBy(location => location.SourceSpan.Start)
        .First();
}
