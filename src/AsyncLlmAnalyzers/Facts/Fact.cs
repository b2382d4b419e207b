using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Facts;

internal enum Verdict
{
    Unknown,
    Yes,
    No,
}

/// <summary>The answer to one question about the code, with the place that proves it. A Warning reports only on No.</summary>
internal readonly record struct Fact(Verdict Verdict, Location? Proof = null);
