using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Has somebody chosen an end for this call?</summary>
internal static class Deadline
{
    /// <summary>
    /// Yes: a token that can fire, a time limit around the call, or one set on its client. No: all of them can be seen and there is none, so that only the
    /// SDK's default ends it. Unknown: an argument or the client comes from elsewhere.
    /// </summary>
    public static Fact Of(IInvocationOperation call, LlmContext context, CancellationToken cancellationToken)
    {
        var token = OfToken(call);
        if (token.Verdict == Verdict.Yes)
            return token;

        var around = Around(call, context, cancellationToken);
        if (around.Verdict == Verdict.Yes)
            return around;

        var client = OfClient(call, context, cancellationToken);
        return client.Verdict == Verdict.Yes ? client
            : token.Verdict == Verdict.Unknown ? token
            : around.Verdict == Verdict.Unknown ? around
            : client;
    }

    /// <summary>By the token passed to the call or, for a stream, to what enumerates it; No where it is left out, is <c>None</c>, or belongs to a source that never fires.</summary>
    public static Fact OfToken(IInvocationOperation call)
    {
        var passed = TokenPassed.To(call);
        if (passed.Verdict != Verdict.Yes)
            return passed.Verdict == Verdict.No && TokenPassed.Downstream(call) is not null ? new Fact(Verdict.Yes, call.Syntax.GetLocation()) : passed;
        return DeadToken.Of(call) is { } dead ? new Fact(Verdict.No, dead.Creation.Syntax.GetLocation()) : passed;
    }

    /// <summary>By the code around it, here or where a wrapper is called: a helper, a pipeline with a timeout, a wait with a time limit.</summary>
    public static Fact Around(IOperation site, LlmContext context, CancellationToken cancellationToken) =>
        context.Answer(nameof(Deadline), site.Syntax, () => Surroundings.Of(site, context, here => Here(here, context, cancellationToken), cancellationToken));

    private static Fact Here(IOperation site, LlmContext context, CancellationToken cancellationToken)
    {
        var wait = site.Ancestors()
            .TakeWhile(ancestor => ancestor is not IBlockOperation && !ancestor.IsFunction())
            .OfType<IInvocationOperation>()
            .FirstOrDefault(ancestor => IsTimed(ancestor, context));
        return wait is not null ? new Fact(Verdict.Yes, wait.Syntax.GetLocation()) : Executors.Around(site, ExecutorRole.Deadline, context, cancellationToken);
    }

    /// <summary>By its client: a timeout set on it, or a layer that ends a call; the SDK's default is no choice.</summary>
    public static Fact OfClient(IInvocationOperation call, LlmContext context, CancellationToken cancellationToken)
    {
        var layers = ClientLayers.Of(call, ExecutorRole.Deadline, context, cancellationToken);
        if (layers.Verdict == Verdict.Yes)
            return layers;

        return ClientOrigins.Of(call, context, cancellationToken).Only is not { } client
            ? new Fact(Verdict.Unknown)
            : client.Timeout.Source switch
            {
                SettingSource.Set => new Fact(Verdict.Yes, client.Timeout.Proof),
                SettingSource.Unknown => new Fact(Verdict.Unknown, client.Location),
                _ => layers.Verdict == Verdict.Unknown ? layers : new Fact(Verdict.No, client.Timeout.Proof ?? client.Location),
            };
    }

    private static bool IsTimed(IInvocationOperation wait, LlmContext context) =>
        context.FindExecutor(wait.TargetMethod, wait.ReceiverType()) is { ExecutorShape: ExecutorShape.Run } executor && (executor.Roles & ExecutorRole.Deadline) != 0 && !executor.HasTrait("maybe")
        || wait.TargetMethod.Name is "WaitAsync" or "Wait" or "WaitAll" or "WaitAny" && wait.Arguments.Any(argument => argument.Parameter?.Type is { Name: nameof(TimeSpan) } or { SpecialType: SpecialType.System_Int32 })
        || wait.TargetMethod.Name == "WhenAny" && wait.Descendants().Any(operation => operation is IInvocationOperation { TargetMethod: { Name: "Delay", ContainingType.Name: "Task" } });
}
