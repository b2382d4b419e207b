namespace AsyncLlm;

/// <summary>A list of calls whose links are in the calls: to be in it costs no object.</summary>
/// <param name="byStart">Whether it uses the links of the started; any other list uses those of the queues and of the running.</param>
internal sealed class CallList(bool byStart = false)
{
    private ThrottledCall? _last;

    public ThrottledCall? First { get; private set; }

    public int Count { get; private set; }

    public bool Contains(ThrottledCall call) => Link(call).List == this;

    public ThrottledCall? After(ThrottledCall call) => Link(call).Next;

    public void AddLast(ThrottledCall call)
    {
        ref var link = ref Link(call);
        link = new() { List = this, Previous = _last };
        if (_last is null)
            First = call;
        else
            Link(_last).Next = call;
        _last = call;
        Count++;
    }

    /// <returns>Whether the call was in the list.</returns>
    public bool Remove(ThrottledCall call)
    {
        ref var link = ref Link(call);
        if (link.List != this)
            return false;
        if (link.Previous is null)
            First = link.Next;
        else
            Link(link.Previous).Next = link.Next;
        if (link.Next is null)
            _last = link.Previous;
        else
            Link(link.Next).Previous = link.Previous;
        link = default;
        Count--;
        return true;
    }

    private ref CallLink Link(ThrottledCall call) => ref byStart ? ref call.StartedLink : ref call.PlaceLink;
}

/// <summary>Where a call is in a <see cref="CallList"/>.</summary>
internal struct CallLink
{
    public CallList? List;
    public ThrottledCall? Previous;
    public ThrottledCall? Next;
}
