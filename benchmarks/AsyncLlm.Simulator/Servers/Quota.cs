namespace AsyncLlm.Simulator;

/// <summary>
/// How a server limits its clients: a state machine in virtual time (ticks). The one question "when would it accept?" serves
/// the decision, the Retry-After and the optimum.
/// </summary>
internal abstract class Quota
{
    /// <summary>The earliest time from <paramref name="now"/> at which a request will be accepted if this client sends nothing before; knows the future.</summary>
    public abstract long Earliest(long now, Request request);

    /// <summary>Counts a request, whether there is room for it or not.</summary>
    public abstract void Take(long now, Request request);

    /// <summary>What the server believes about <see cref="Earliest"/>.</summary>
    public virtual long Expected(long now, Request request) => Earliest(now, request);

    /// <summary>From now on the quota is larger or smaller by a factor.</summary>
    public abstract void Scale(long now, double factor);

    /// <summary>What its rate headers are made of; nothing where there are none.</summary>
    public abstract IEnumerable<QuotaState> States(long now);

    /// <summary>A copy that lives on by itself.</summary>
    public abstract Quota Clone();

    public bool TryTake(long now, Request request)
    {
        if (Earliest(now, request) > now)
            return false;

        Take(now, request);
        return true;
    }

    protected static double Cost(QuotaUnit unit, Request request) => unit == QuotaUnit.Tokens ? request.Tokens : 1;
}
