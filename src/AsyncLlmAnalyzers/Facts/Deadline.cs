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
        var token = OfToken(call, context, cancellationToken);
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
    public static Fact OfToken(IInvocationOperation call, LlmContext context, CancellationToken cancellationToken)
    {
        var passed = TokenPassed.To(call);
        if (passed.Verdict == Verdict.Yes)
            return DeadToken.Of(call) is { } dead ? new Fact(Verdict.No, dead.Creation.Syntax.GetLocation()) : passed;
        if (passed.Verdict == Verdict.Unknown)
            return passed;
        return TokenPassed.Downstream(call) is { } token ? new Fact(Verdict.Yes, token.Syntax.GetLocation()) : OfReaders(call, passed, context, cancellationToken);
    }

    /// <summary>A stream that is returned may be given a token by who reads it.</summary>
    private static Fact OfReaders(IInvocationOperation stream, Fact otherwise, LlmContext context, CancellationToken cancellationToken)
    {
        if (!context.Types.IsAsyncEnumerable(stream.Type) || stream.WithConversionsAround().Parent is not IReturnOperation || Surroundings.FunctionOf(stream) is not { } function)
            return otherwise;
        if (stream.EnclosingFunction() is IAnonymousFunctionOperation)
            return new Fact(Verdict.Unknown, stream.Syntax.GetLocation());

        var readers = Surroundings.CallsOf(function, context, cancellationToken).ToList();
        return readers.Count == 0 || function.MethodKind != MethodKind.LocalFunction && function.DeclaredAccessibility != Accessibility.Private || readers.Exists(reader => TokenPassed.Downstream(reader) is not null)
            ? new Fact(Verdict.Unknown, stream.Syntax.GetLocation())
            : otherwise;
    }

    /// <summary>By the code around it, here or where a wrapper is called: a helper, a pipeline with a timeout, a wait with a time limit.</summary>
    public static Fact Around(IOperation site, LlmContext context, CancellationToken cancellationToken) =>
        context.Answer(nameof(Deadline), site.Syntax, () => Surroundings.Of(site, context, here => Here(here, context, cancellationToken), cancellationToken));

    private static Fact Here(IOperation site, LlmContext context, CancellationToken cancellationToken)
    {
        var wait = site.Ancestors()
            .TakeWhile(ancestor => ancestor is not IBlockOperation && !ancestor.IsFunction())
            .OfType<IInvocationOperation>()
            .FirstOrDefault(ancestor => IsTimed(ancestor, context)) ?? LeftBy(site, context.Types);
        return wait is not null ? new Fact(Verdict.Yes, wait.Syntax.GetLocation()) : Executors.Around(site, ExecutorRole.Deadline, context, cancellationToken);
    }

    /// <summary>The wait with a time limit that stops waiting for the local which holds the task: whether that also ends the call is another question.</summary>
    private static IInvocationOperation? LeftBy(IOperation site, KnownTypes types) =>
        site.WithConversionsAround().Parent is IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol: var task } }
            ? LocalUses.Around(site).ReferencesTo(task)
                .Select(use => use.Ancestors().OfType<IInvocationOperation>().FirstOrDefault(wait =>
                    TimedWait.From(wait, types) is { Tasks: var tasks } && tasks.Any(waited => waited.WithoutConversions() == use) && Abandoned.At(wait, use, types).Verdict == Verdict.Yes))
                .FirstOrDefault(wait => wait is not null)
            : null;

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
