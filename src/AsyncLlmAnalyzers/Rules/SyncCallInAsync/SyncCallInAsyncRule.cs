using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.SyncCallInAsync;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a model call that blocks until the answer is complete, or streams it blocking, stands in an async method, lambda, local function or iterator.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the library has no asynchronous member that does the same;</item>
/// <item>the nearest function is not async: then making it so comes first;</item>
/// <item>the code has the choice, and awaits that member in the other branch.</item>
/// </list>
/// </summary>
internal sealed class SyncCallInAsyncRule : LlmRule
{
    public const string Id = "ALLM2002";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A blocking model call stands in an async function",
        message: "'{0}' blocks the thread for the whole answer, which takes seconds, although this function can await '{1}'",
        DiagnosticSeverity.Warning,
        description: "The function is async so that its thread is free while it waits, and the blocking call keeps the thread until the model has answered; a few such requests at once use up the thread pool.",
        RuleTags.Minimal, RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 80;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) =>
        kind == TriggerKind.Invocation && context.MayBeCall(name);

    public override Finding? Inspect(Site site)
    {
        if (site.Call is not { Shape: CallShape.Sync or CallShape.SyncStream } call
            || !call.Operation.IsInAsyncFunction()
            || site.Context.Catalog.FindAsyncTwin(call.Method, call.Entry) is not { } twin
            || call.Operation.IsInExpressionTree()
            || IsChoice(call.Operation, twin))
            return null;

        var properties = ImmutableDictionary<string, string?>.Empty;
        if (TokenPassed.To(call.Operation).Verdict == Verdict.No && TokenWanted.At(call.Operation) is [var token])
            properties = DiagnosticProperties.Token.AddTo(properties, TokenScope.NameOf(token));
        return new Finding(Descriptor, site.NameToken.GetLocation(), properties, call.Method.Name, twin.Name);
    }

    /// <summary><c>if (async) await client.AskAsync(); else client.Ask();</c>, as SDKs and their tests have it.</summary>
    private static bool IsChoice(IOperation call, IMethodSymbol twin)
    {
        for (var (child, parent) = (call, call.Parent); parent is not null && !child.IsFunction(); (child, parent) = (parent, parent.Parent))
        {
            if (parent is IConditionalOperation choice
                && (child == choice.WhenTrue ? choice.WhenFalse : child == choice.WhenFalse ? choice.WhenTrue : null)?.DescendantsAndSelf()
                    .Any(other => other is IInvocationOperation { TargetMethod: { Name: var name, ContainingType: var type } } && name == twin.Name && SymbolEqualityComparer.Default.Equals(type, twin.ContainingType)) == true)
                return true;
        }

        return false;
    }
}
