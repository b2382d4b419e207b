namespace AsyncLlm;

/// <summary>What a call takes out of a quota besides the one request it is: its tokens, estimated before or counted after.</summary>
/// <param name="InputTokens">The tokens of the prompt.</param>
/// <param name="OutputTokens">The tokens of the answer; before the call the most it may have, which is what providers reserve.</param>
public readonly record struct LlmCost(int InputTokens, int OutputTokens = 0)
{
    private const int CharactersPerToken = 4;

    /// <summary>The tokens of prompt and answer together.</summary>
    public int Tokens => InputTokens + OutputTokens;

    /// <summary>Estimates the cost of a prompt by the rule of thumb of four characters a token, which is right within a third for English text.</summary>
    /// <param name="text">The prompt.</param>
    /// <param name="maxOutputTokens">The most tokens the answer may have.</param>
    /// <returns>The estimate.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is <see langword="null"/>.</exception>
    public static LlmCost FromText(string text, int maxOutputTokens = 0)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new((text.Length + CharactersPerToken - 1) / CharactersPerToken, maxOutputTokens);
    }
}
