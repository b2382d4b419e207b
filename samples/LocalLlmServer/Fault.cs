using System.Globalization;

namespace LocalLlm;

/// <summary>Something that goes wrong with every <paramref name="Every"/>-th request that arrives.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Every">1 = every request, 2 = the 2nd, 4th, 6th ..</param>
/// <param name="Argument">The status code, or the number of tokens before a stall.</param>
public sealed record Fault(FaultKind Kind, int Every, int Argument = 0)
{
    /// <summary>The request is answered with an error status.</summary>
    public static Fault Status(int code, int every) => new(FaultKind.Status, every, code);

    /// <summary>The request is never answered.</summary>
    public static Fault Hang(int every) => new(FaultKind.Hang, every);

    /// <summary>The stream stops after some tokens and stays open; an answer that is no stream stops after its headers.</summary>
    public static Fault Stall(int afterTokens, int every) => new(FaultKind.Stall, every, afterTokens);

    /// <summary>The connection is reset.</summary>
    public static Fault Reset(int every) => new(FaultKind.Reset, every);

    /// <summary>Reads <c>status=503/5</c>, <c>hang/7</c>, <c>stall=3/9</c> or <c>reset/11</c>; the last number is <see cref="Every"/>.</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static Fault Parse(string text)
    {
        var parts = text.Split('/', '=');
        var number = (int index) => int.Parse(parts[index], NumberStyles.None, CultureInfo.InvariantCulture);

        return (parts[0], parts.Length) switch
        {
            ("status", 3) => Status(number(1), number(2)),
            ("hang", 2) => Hang(number(1)),
            ("stall", 3) => Stall(number(1), number(2)),
            ("reset", 2) => Reset(number(1)),
            _ => throw new FormatException($"'{text}' is no fault: status=503/5, hang/7, stall=3/9, reset/11"),
        };
    }

    internal bool Hits(long requestNumber) => Every > 0 && requestNumber % Every == 0;
}

/// <summary>What a <see cref="Fault"/> does.</summary>
public enum FaultKind
{
    /// <summary>An error status.</summary>
    Status,

    /// <summary>No answer.</summary>
    Hang,

    /// <summary>An answer that stops in the middle.</summary>
    Stall,

    /// <summary>A reset connection.</summary>
    Reset,
}
