using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Is the number of model calls that a fan-out has in flight at once limited?</summary>
internal static class Bounded
{
    /// <summary>
    /// No: as many calls as there are items start at once. Yes: few items, a limiter on the way or in the client, or no call at all. Unknown: part of the way cannot be followed, or no provider answers.
    /// <paramref name="call"/> is the call that proves a No.
    /// </summary>
    public static Fact Of(TaskProducer producer, LlmContext context, CancellationToken cancellationToken, out CallEdge? call)
    {
        call = null;
        if (producer.Count == ItemCount.Bounded)
            return new Fact(Verdict.Yes);

        var route = producer.Reach(context, cancellationToken);
        if (route is not { Reach: Reach.Unlimited, Call: { } unlimited })
            return new Fact(route.Reach == Reach.Unknown ? Verdict.Unknown : Verdict.Yes);
        if (ClientOrigins.AnswersByItself(unlimited, context, cancellationToken))
            return new Fact(Verdict.Unknown, unlimited.Location);

        var throttled = ClientLayers.Of(unlimited.Location, ExecutorRole.Bounds, context, cancellationToken);
        if (throttled.Verdict != Verdict.No)
            return throttled;

        call = unlimited;
        return new Fact(Verdict.No, unlimited.Location);
    }
}
