using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
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
/// <item>one of the calls has, or may have, or could be given a token that is in scope (ALLM3002 says so there); its client is a class of the project; the project is one of tests;</item>
/// <item>a client is constructed with a timeout, or may be: which calls go through it is not known then.</item>
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
        context.RegisterCompilationStartAction(Start);
    }

    private static void Start(CompilationStartAnalysisContext start)
    {
        if (LlmContext.Create(start.Compilation, start.Options, start.CancellationToken) is not { } context)
            return;

        var calls = new Calls(context);
        start.RegisterSyntaxNodeAction(calls.Visit, SyntaxKind.InvocationExpression);
        start.RegisterCompilationEndAction(calls.Report);
    }

    /// <summary>
    /// The calls of the compilation by client. Each is looked at while the compiler still has its file bound: at the end everything would be bound again,
    /// so only what no action has seen, as generated code, is left until then.
    /// </summary>
    private sealed class Calls(LlmContext context)
    {
        private readonly ConcurrentDictionary<NameIndex.Place, bool> _seen = new();
        private readonly ConcurrentDictionary<ITypeSymbol, Client> _clients = new(SymbolEqualityComparer.Default);

        public void Visit(SyntaxNodeAnalysisContext node)
        {
            if (Site.NameOf(node.Node)?.Identifier is { } name && context.MayBeLibraryCall(name.ValueText) && _seen.TryAdd(new NameIndex.Place(node.Node.SyntaxTree, name.SpanStart), true))
                Add(node.SemanticModel.GetOperation(node.Node, node.CancellationToken), node.CancellationToken);
        }

        public void Report(CompilationAnalysisContext end)
        {
            foreach (var place in context.Names.Places(context.MayBeLibraryCall).Where(place => !_seen.ContainsKey(place)))
                Add(context.Names.Invocation(place, end.CancellationToken), end.CancellationToken);
            var endless = _clients.Where(client => !client.Value.HasEnd).ToList();
            if (endless.Count == 0 || Constructions(end.CancellationToken).Any(client => client.Timeout.Source != SettingSource.Unset))
                return;

            foreach (var client in endless)
            {
                var calls = client.Value.Calls.ToList();
                end.ReportDiagnostic(Diagnostic.Create(Rule, First(calls), calls.Count == 1 ? "Not even the only call" : $"None of the {calls.Count} calls", client.Key.Name));
            }
        }

        /// <summary>Every client that the project constructs, whatever calls go through it.</summary>
        private IEnumerable<ClientConstruction> Constructions(CancellationToken cancellationToken) =>
            context.Names.Creations(context.Catalog.MayBeClient, cancellationToken)
                .Concat<IOperation>(context.Names.Invocations(context.Catalog.MayBeClientMethod, cancellationToken))
                .Select(site => ClientOrigins.At(site, context, cancellationToken))
                .OfType<ClientConstruction>();

        /// <summary>One call that has an end is enough, so those after it are not looked at.</summary>
        private void Add(IOperation? operation, CancellationToken cancellationToken)
        {
            if (operation is not IInvocationOperation invocation
                || LlmCall.From(invocation, context) is not { } call
                || call.Entry.Kind == CatalogKind.Local
                || call.Entry.HasTrait("no-token-fix")
                || invocation.ReceiverType()?.OriginalDefinition is not { } type)
                return;

            var client = _clients.GetOrAdd(type, static _ => new Client());
            if (client.HasEnd)
                return;
            if (HasNoEnd(invocation, context, cancellationToken))
                client.Calls.Add((Site.NameOf(invocation.Syntax)?.Identifier ?? invocation.Syntax.GetFirstToken()).GetLocation());
            else
                client.HasEnd = true;
        }
    }

    private sealed class Client
    {
        public ConcurrentBag<Location> Calls { get; } = [];

        public volatile bool HasEnd;
    }

    private static bool HasNoEnd(IInvocationOperation call, LlmContext context, CancellationToken cancellationToken) =>
        Deadline.OfToken(call, context, cancellationToken).Verdict == Verdict.No
        && TokenWanted.At(call).IsEmpty
        && ClientOrigins.Of(call, context, cancellationToken) is { All.IsEmpty: true, IsOwn: false, IsMadeHere: false }
        && Deadline.Around(call, context, cancellationToken).Verdict == Verdict.No
        && ClientLayers.Of(call, ExecutorRole.Deadline, context, cancellationToken).Verdict == Verdict.No;

    private static Location First(IEnumerable<Location> calls) => calls
        .OrderBy(location => location.SourceTree!.FilePath, StringComparer.Ordinal)
        .ThenBy(location => location.SourceSpan.Start)
        .First();
}
