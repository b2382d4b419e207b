using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Writes a number into the <c>MaxDegreeOfParallelism</c> of a <c>Parallel</c> loop.</summary>
internal static class ParallelDegree
{
    public static Document? Set(FixTarget target, IInvocationOperation invocation, int limit)
    {
        if (FanOut.DegreeExpression(invocation)?.Syntax is not ExpressionSyntax degree)
            return null;

        var literal = SyntaxFactory.ParseExpression(limit.ToString(CultureInfo.InvariantCulture)).WithTriviaFrom(degree);
        return target.Document.WithSyntaxRoot(target.Root.ReplaceNode(degree, literal));
    }
}
