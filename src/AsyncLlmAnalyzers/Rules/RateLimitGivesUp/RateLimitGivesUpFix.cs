using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;

namespace AsyncLlmAnalyzers.Rules.RateLimitGivesUp;

/// <summary>Makes the call through the throttle of its client, which waits as long as the server asks.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RateLimitGivesUpFix)), Shared]
internal sealed class RateLimitGivesUpFix() : ThrottleFix(RateLimitGivesUpRule.Id);
