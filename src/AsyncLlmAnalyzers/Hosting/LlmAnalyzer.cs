using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Hosting;

/// <summary>
/// The one analyzer: finds the rules by reflection, filters nodes by kind and name, and reports one finding a place.
/// In a compilation without an LLM library it registers no syntax action at all.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public class LlmAnalyzer : DiagnosticAnalyzer
{
    private static readonly ImmutableArray<LlmRule> AllRules =
    [
        .. typeof(LlmAnalyzer).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && typeof(LlmRule).IsAssignableFrom(type))
            .Select(type => (LlmRule)Activator.CreateInstance(type))
            .OrderBy(rule => rule.Descriptor.Id, StringComparer.Ordinal),
    ];

    private readonly ImmutableArray<LlmRule> _rules;

    public LlmAnalyzer()
        : this(AllRules)
    {
    }

    internal LlmAnalyzer(ImmutableArray<LlmRule> rules)
    {
        _rules = rules;
        SupportedDiagnostics = [.. rules.Select(rule => rule.Descriptor), InvalidCatalogLine.Descriptor];
    }

    internal static ImmutableArray<LlmRule> Rules => AllRules;

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; }

    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(Start);
    }

    private void Start(CompilationStartAnalysisContext start)
    {
        if (start.Options.AdditionalFiles.Any(file => UserCatalog.IsCatalog(file.Path)))
            start.RegisterAdditionalFileAction(InvalidCatalogLine.Report);

        if (LlmContext.Create(start.Compilation, start.Options, start.CancellationToken) is not { } context)
            return;

        var dispatcher = new Dispatcher(_rules, context);
        start.RegisterSyntaxNodeAction(
            dispatcher.Inspect,
            SyntaxKind.InvocationExpression,
            SyntaxKind.SimpleMemberAccessExpression,
            SyntaxKind.MemberBindingExpression,
            SyntaxKind.ForEachStatement,
            SyntaxKind.ForEachVariableStatement,
            SyntaxKind.ReturnStatement,
            SyntaxKind.ObjectCreationExpression,
            SyntaxKind.ImplicitObjectCreationExpression,
            SyntaxKind.CatchClause);
    }

    private sealed class Dispatcher(ImmutableArray<LlmRule> rules, LlmContext context)
    {
        private readonly ConcurrentDictionary<(TriggerKind, string), ImmutableArray<LlmRule>> _rulesByTrigger = new();

        public void Inspect(SyntaxNodeAnalysisContext node)
        {
            if (TriggerOf(node.Node) is not var (kind, name) || IsSeenAgain(node))
                return;

            var findings = FindingsAt(kind, name, node.Node, node);
            foreach (var finding in kind == TriggerKind.Invocation && findings.Count > 0 ? WithoutThoseOfReturn(findings, node) : findings)
                node.ReportDiagnostic(finding.ToDiagnostic());
        }

        /// <summary>The compiler comes to the members of an <c>extension</c> block with the block and its class as well.</summary>
        private static bool IsSeenAgain(SyntaxNodeAnalysisContext node) =>
            node.ContainingSymbol is INamedTypeSymbol && node.Node.FirstAncestorOrSelf<MemberDeclarationSyntax>() is not (null or BaseTypeDeclarationSyntax);

        private List<Finding> FindingsAt(TriggerKind kind, string name, SyntaxNode place, SyntaxNodeAnalysisContext node)
        {
            var candidates = _rulesByTrigger.GetOrAdd((kind, name), RulesFor);
            return candidates.IsEmpty
                ? []
                : [.. Findings(new Site(kind, place, node.SemanticModel, context, node.Options.AnalyzerConfigOptionsProvider.GetOptions(place.SyntaxTree), node.CancellationToken), candidates)];
        }

        /// <summary>A call that is returned unawaited out of a <c>using</c> is looked at from the <c>return</c> as well, whose finding stands at the call.</summary>
        private IEnumerable<Finding> WithoutThoseOfReturn(List<Finding> findings, SyntaxNodeAnalysisContext node)
        {
            if (node.Node.FirstAncestorOrSelf<ReturnStatementSyntax>() is not { } exit || !LeavesUsing(exit))
                return findings;

            var returned = FindingsAt(TriggerKind.ReturnFromUsing, "", exit, node);
            return findings.Where(finding => !returned.Exists(other => other.Location.SourceSpan == finding.Location.SourceSpan));
        }

        private ImmutableArray<LlmRule> RulesFor((TriggerKind Kind, string Name) trigger) =>
            [.. rules.Where(rule => rule.Accepts(trigger.Kind, trigger.Name, context))];

        /// <summary>One finding a place: the highest severity in force there, then the highest rank; rules that may stand side by side are one place each.</summary>
        private static IEnumerable<Finding> Findings(Site site, ImmutableArray<LlmRule> candidates)
        {
            var best = default(List<Candidate>);
            foreach (var rule in candidates)
            {
                var severity = EffectiveSeverity.Of(rule.Descriptor, site);
                if (severity == ReportDiagnostic.Suppress || rule.Inspect(site) is not { } finding)
                    continue;

                if (best is null && IsExcluded(site))
                    return [];

                best ??= [];
                best.Add(new Candidate(rule, finding, finding.IsSoft && severity < ReportDiagnostic.Info ? ReportDiagnostic.Info : severity));
            }

            return best is null ? [] : best.Where(candidate => !best.Exists(candidate.IsHiddenBy)).Select(candidate => candidate.Finding);
        }

        private sealed record Candidate(LlmRule Rule, Finding Finding, ReportDiagnostic Severity)
        {
            /// <summary><see cref="ReportDiagnostic"/> counts down from Error (1) to Hidden (4).</summary>
            public bool IsHiddenBy(Candidate other) =>
                other != this
                && other.Finding.Location.SourceSpan == Finding.Location.SourceSpan
                && !Rule.MayStandBeside(other.Rule) && !other.Rule.MayStandBeside(Rule)
                && (other.Severity, -other.Rule.Rank, other.Rule.Descriptor.Id).CompareTo((Severity, -Rule.Rank, Rule.Descriptor.Id)) < 0;
        }

        private static bool IsExcluded(Site site)
        {
            var excluded = Options.ExcludedSymbols.Read(site.Options);
            if (excluded.IsEmpty)
                return false;

            for (var symbol = site.Model.GetEnclosingSymbol(site.Node.SpanStart, site.CancellationToken); symbol is not null; symbol = symbol.ContainingSymbol)
            {
                if (symbol.GetDocumentationCommentId() is { } id && excluded.Contains(id))
                    return true;
            }

            return false;
        }

        private static bool LeavesUsing(SyntaxNode node)
        {
            var leaves = false;
            for (var (child, parent) = (node, node.Parent); parent is not null; (child, parent) = (parent, parent.Parent))
            {
                switch (parent)
                {
                    case MethodDeclarationSyntax method:
                        return leaves && !method.Modifiers.Any(SyntaxKind.AsyncKeyword);
                    case LocalFunctionStatementSyntax function:
                        return leaves && !function.Modifiers.Any(SyntaxKind.AsyncKeyword);
                    case AnonymousFunctionExpressionSyntax lambda:
                        return leaves && lambda.AsyncKeyword.IsKind(SyntaxKind.None);
                    case MemberDeclarationSyntax or AccessorDeclarationSyntax:
                        return leaves;
                    case UsingStatementSyntax:
                        leaves = true;
                        break;
                    case BlockSyntax block:
                        leaves |= block.Statements.TakeWhile(statement => statement != child).Any(statement => statement is LocalDeclarationStatementSyntax { UsingKeyword.RawKind: not 0 });
                        break;
                }
            }

            return false;
        }

        private static (TriggerKind Kind, string Name)? TriggerOf(SyntaxNode node)
        {
            switch (node)
            {
                case InvocationExpressionSyntax:
                    return Site.NameOf(node) is { } invoked ? (TriggerKind.Invocation, invoked.Identifier.ValueText) : null;
                case MemberAccessExpressionSyntax or MemberBindingExpressionSyntax when node.Parent is not InvocationExpressionSyntax:
                    return (TriggerKind.MemberAccess, Site.NameOf(node)!.Identifier.ValueText);
                case CommonForEachStatementSyntax { AwaitKeyword.RawKind: not 0 }:
                    return (TriggerKind.AwaitForEach, "");
                case ReturnStatementSyntax { Expression: not null }:
                    return LeavesUsing(node) ? (TriggerKind.ReturnFromUsing, "") : null;
                case BaseObjectCreationExpressionSyntax creation:
                    return (TriggerKind.Creation, TypeNames.Of(creation));
                case CatchClauseSyntax clause:
                    return (TriggerKind.Catch, TypeNames.Of(clause.Declaration?.Type));
                default:
                    return null;
            }
        }
    }
}
