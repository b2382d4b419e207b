using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

internal enum DelayKind
{
    /// <summary>The next attempt follows at once.</summary>
    None,

    /// <summary>The same time after each attempt.</summary>
    Constant,

    /// <summary>Another time after each attempt.</summary>
    Varying,

    /// <summary>Nobody can tell.</summary>
    Unknown,
}

/// <summary>How long does a hand-written retry wait before the next attempt?</summary>
/// <param name="Kind">How the time develops.</param>
/// <param name="IsRandom">Part of it is random, or the server's answer decides it.</param>
/// <param name="Value">The time that is written.</param>
internal readonly record struct AttemptDelay(DelayKind Kind, bool IsRandom = false, IOperation? Value = null)
{
    private static readonly string[] WaitingNames = ["Wait", "Sleep", "Delay", "Backoff", "BackOff", "Pause"];
    private static readonly string[] RandomNames = ["Random", "Jitter", "RetryAfter"];

    public static AttemptDelay Of(RetryHandler handler)
    {
        var between = handler.BetweenAttempts.Concat(BeforeTheCall(handler)).ToList();
        var values = between.OfType<IInvocationOperation>().Where(IsDelay).Select(delay => delay.Arguments.OrderBy(argument => argument.Parameter?.Ordinal).First().Value).ToList();
        return values switch
        {
            [var only] => OfValue(only, handler),
            [] when between.Any(MayWait) => new AttemptDelay(DelayKind.Unknown),
            [] => new AttemptDelay(DelayKind.None),
            _ => new AttemptDelay(DelayKind.Unknown),
        };
    }

    /// <summary><c>Task.Delay</c> and <c>Thread.Sleep</c>.</summary>
    public static bool IsDelay(IInvocationOperation invocation) =>
        invocation.TargetMethod is { IsStatic: true, Name: "Delay", ContainingType.Name: nameof(Task) } or { IsStatic: true, Name: "Sleep", ContainingType.Name: nameof(Thread) };

    private static IEnumerable<IOperation> BeforeTheCall(RetryHandler handler) =>
        handler.Loop is { } loop ? loop.Try.Body.Descendants().Where(operation => operation.Syntax.Span.End <= handler.Call.Syntax.SpanStart) : [];

    private static bool MayWait(IOperation operation) => operation switch
    {
        IAwaitOperation { Operation: var awaited } => !(awaited is IInvocationOperation { TargetMethod.Name: "Yield" } || awaited.Descendants().Any(part => part is IInvocationOperation { TargetMethod.Name: "Yield" })),
        IInvocationOperation { TargetMethod.Name: var name } => WaitingNames.Any(waiting => name.IndexOf(waiting, StringComparison.Ordinal) >= 0),
        _ => false,
    };

    private static AttemptDelay OfValue(IOperation value, RetryHandler handler)
    {
        var parts = Parts(value, depth: 3).ToList();
        var isRandom = parts.Any(part => NameOf(part) is { } name && RandomNames.Any(random => name.IndexOf(random, StringComparison.OrdinalIgnoreCase) >= 0));
        var kind = parts.Any(part => Varies(part, handler)) ? DelayKind.Varying
            : isRandom || parts.Any(IsOpaque) ? DelayKind.Unknown
            : DelayKind.Constant;
        return new AttemptDelay(kind, isRandom, value);
    }

    /// <summary>The expression's parts, and those of the locals in it that are set once.</summary>
    private static IEnumerable<IOperation> Parts(IOperation value, int depth)
    {
        foreach (var part in value.DescendantsAndSelf())
        {
            yield return part;
            if (depth > 0 && part is ILocalReferenceOperation local && local.Initializer() is { } initializer)
            {
                foreach (var inner in Parts(initializer, depth - 1))
                    yield return inner;
            }
        }
    }

    private static string? NameOf(IOperation part) => part switch
    {
        IInvocationOperation invocation => invocation.TargetMethod.Name + invocation.TargetMethod.ContainingType.Name,
        IMemberReferenceOperation member => member.Member.Name + member.Member.ContainingType?.Name,
        ILocalReferenceOperation local => local.Local.Name,
        IParameterReferenceOperation parameter => parameter.Parameter.Name,
        _ => null,
    };

    private static bool Varies(IOperation part, RetryHandler handler) => part switch
    {
        ILocalReferenceOperation local => handler.Loop is not { } loop || loop.Loop.Locals.Contains(local.Local, SymbolEqualityComparer.Default) || loop.Loop.Changes(local.Local) || local.Initializer() is null,
        IParameterReferenceOperation parameter => handler.Loop is not { } loop || loop.Loop.Changes(parameter.Parameter),
        IFieldReferenceOperation { Field: { IsConst: false, IsReadOnly: false } field } => handler.Loop is { } loop && loop.Loop.Changes(field),
        _ => false,
    };

    /// <summary>Its value cannot be known to stay the same.</summary>
    private static bool IsOpaque(IOperation part) => part switch
    {
        IInvocationOperation { TargetMethod.ContainingType.Name: nameof(TimeSpan) or nameof(Math) } => false,
        IInvocationOperation => true,
        IPropertyReferenceOperation => true,
        IFieldReferenceOperation { Field: { IsConst: false, IsReadOnly: false } } => true,
        _ => false,
    };
}
