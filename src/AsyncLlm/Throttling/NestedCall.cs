namespace AsyncLlm;

/// <summary>Knows, in the delegate of a call and in all it starts, which call that is, until its attempt ends.</summary>
internal sealed class NestedCall
{
    private static readonly AsyncLocal<NestedCall?> Outer = new();

    private volatile ThrottledCall? _call;

    /// <summary>The innermost call the code runs in.</summary>
    public static ThrottledCall? Current => Outer.Value?._call;

    public static NestedCall Enter(ThrottledCall call) => Outer.Value = new() { _call = call };

    public void End() => _call = null;
}
