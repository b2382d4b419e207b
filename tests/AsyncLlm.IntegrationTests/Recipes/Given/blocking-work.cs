internal sealed class Model
{
    public string Generate(string prompt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return prompt;
    }
}

internal sealed class Scanner
{
    public byte[] Read() => [1];
}

internal partial class Program
{
    private static readonly Model model = new();

    private static readonly Scanner scanner = new();
}
