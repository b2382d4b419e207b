using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Writes a time as a person would.</summary>
internal static class TimeLiteral
{
    public static ExpressionSyntax Of(int seconds)
    {
        var (unit, count) = seconds % 60 == 0 ? (nameof(TimeSpan.FromMinutes), seconds / 60) : (nameof(TimeSpan.FromSeconds), seconds);
        return SyntaxFactory
            .ParseExpression($"System.TimeSpan.{unit}({count.ToString(CultureInfo.InvariantCulture)})")
            .WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation);
    }
}
