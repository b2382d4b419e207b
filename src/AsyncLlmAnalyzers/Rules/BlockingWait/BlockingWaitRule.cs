using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.BlockingWait;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item><c>.Result</c>, <c>.Wait(..)</c> or <c>.GetAwaiter().GetResult()</c> waits for the task of a model call or of a wrapper that makes one;</item>
/// <item><c>Task.WaitAll</c> or <c>WaitAny</c> waits for several.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the task has already completed there: awaited, tested, waited for before, or handed out by <c>WhenAny</c>, <c>WhenEach</c> or <c>ContinueWith</c>;</item>
/// <item>it is that of a field which others see, too;</item>
/// <item>the client is a class of this compilation that makes no call;</item>
/// <item>it is all that a non-async <c>Main</c> does to run the program's own async method;</item>
/// <item>nothing runs: <c>nameof</c>, an expression tree; or <c>Result</c> is a property of another type.</item>
/// </list>
/// </summary>
internal sealed class BlockingWaitRule : LlmRule
{
    public const string Id = "ALLM2001";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A thread is blocked until the model has answered",
        message: "'{0}' blocks the thread for the whole answer of '{1}', which takes seconds: under load the thread pool starves, and with a SynchronizationContext it can deadlock",
        DiagnosticSeverity.Warning,
        description: "A thread stands still for as long as the model needs to answer; a few such requests at once use up the thread pool, and where a SynchronizationContext waits for its own thread the program hangs.",
        RuleTags.Minimal, RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 90;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind switch
    {
        TriggerKind.MemberAccess => name == TaskWait.ResultName,
        TriggerKind.Invocation => TaskWait.MethodNames.Contains(name),
        _ => false,
    };

    public override Finding? Inspect(Site site)
    {
        if (TaskWait.From(site.Operation, site.Context.Types) is not { } wait)
            return null;

        var call = wait.Tasks.Select(task => ClientOrigins.CallsBehind(site.Context, site.CancellationToken).Of(task)).FirstOrDefault(found => found is not null);
        return call is null || IsOnlyDescribed(site.Operation!) || IsProgramBridge(site) || wait.Tasks.All(task => Completed.Of(task, site.Context.Types).Verdict == Verdict.Yes)
            ? null
            : new Finding(Descriptor, site.NameToken.GetLocation(), site.NameToken.ValueText, call.Name);
    }

    private static bool IsOnlyDescribed(IOperation wait) => wait.IsInExpressionTree() || wait.Ancestors().OfType<INameOfOperation>().Any();

    /// <summary><c>static void Main() => RunAsync().GetAwaiter().GetResult();</c>: nothing else needs the thread, and it is the only wait.</summary>
    private static bool IsProgramBridge(Site site) =>
        site.Kind == TriggerKind.Invocation
        && site.Model.GetEnclosingSymbol(site.Node.SpanStart, site.CancellationToken) is IMethodSymbol { Name: "Main", IsStatic: true, IsAsync: false, MethodKind: MethodKind.Ordinary }
        && site.Invocation is { Instance: { } awaited, TargetMethod.Parameters.IsEmpty: true }
        && Unwrapped(awaited) is IInvocationOperation { TargetMethod: var own } && site.Context.Bodies.IsInSource(own)
        && !site.Invocation.Ancestors().Any(ancestor => ancestor is ILoopOperation)
        && site.Invocation.Root().Descendants().Count(operation => TaskWait.From(operation, site.Context.Types) is not null) == 1;

    private static IOperation Unwrapped(IOperation awaiter)
    {
        while (awaiter is IInvocationOperation { TargetMethod.Name: "GetAwaiter" or "ConfigureAwait", Instance: { } task })
            awaiter = task;
        return awaiter;
    }
}
