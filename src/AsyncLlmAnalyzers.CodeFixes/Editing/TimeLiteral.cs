using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Writes a time as a person would.</summary>
internal static class TimeLiteral
{
    public static ExpressionSyntax Of(int seconds)
    {
        var (unit, count) = seconds % 60 == 0 ? (nameof(TimeSpan.FromMinutes), seconds / 60) : (nameof(TimeSpan.FromSeconds), seconds);
        return Call(unit, count.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A time of so many milliseconds, in the largest unit that has it whole.</summary>
    public static ExpressionSyntax OfMilliseconds(double milliseconds) => milliseconds % 1_000 == 0
        ? Of((int)(milliseconds / 1_000))
        : Call(nameof(TimeSpan.FromMilliseconds), milliseconds.ToString(CultureInfo.InvariantCulture));

    /// <summary>The time that a number of milliseconds stands for.</summary>
    public static ExpressionSyntax OfMilliseconds(IOperation number) => number.IsConstant(out var constant)
        ? OfMilliseconds(constant)
        : Call(nameof(TimeSpan.FromMilliseconds), number.Syntax.WithoutTrivia().ToString());

    private static ExpressionSyntax Call(string unit, string count) =>
        SyntaxFactory.ParseExpression($"System.TimeSpan.{unit}({count})").WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation);
}
