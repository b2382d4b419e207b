namespace AsyncLlmAnalyzers.Hosting;

/// <summary>Tags on a descriptor that say what the shipped presets make of the rule; SARIF shows them too.</summary>
internal static class RuleTags
{
    /// <summary>Stays on under <c>AsyncLlmAnalysisMode=Minimal</c>, which switches the others off.</summary>
    public const string Minimal = "Minimal";

    /// <summary>Is about load and time rather than a wrong result: a suggestion in test projects.</summary>
    public const string SuggestionInTests = "SuggestionInTests";

    /// <summary>Says nothing in test projects.</summary>
    public const string OffInTests = "OffInTests";

    /// <summary>Stays a suggestion under <c>AsyncLlmAnalysisMode=Strict</c>, which raises the others to warnings.</summary>
    public const string SuggestionInStrict = "SuggestionInStrict";

    /// <summary>Has no fix, because none can be right everywhere.</summary>
    public const string NoFix = "NoFix";
}
