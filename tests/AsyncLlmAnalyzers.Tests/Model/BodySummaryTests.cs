using System.Reflection;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Tests.Model;

public class BodySummaryTests
{
    /// <summary>A summary lives as long as its compilation; one operation or node in it would keep a whole tree bound.</summary>
    [Fact]
    public void Keeps_no_operation_node_or_model_alive()
    {
        var seen = new HashSet<Type>();
        var open = new Queue<(Type Type, string Path)>([(typeof(BodySummary), nameof(BodySummary))]);
        while (open.TryDequeue(out var next))
        {
            foreach (var field in next.Type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            {
                foreach (var type in field.FieldType.GetGenericArguments().Append(field.FieldType))
                {
                    var path = $"{next.Path}.{field.Name}";
                    Assert.False(
                        typeof(IOperation).IsAssignableFrom(type) || typeof(SyntaxNode).IsAssignableFrom(type) || typeof(SemanticModel).IsAssignableFrom(type) || typeof(SyntaxTree).IsAssignableFrom(type),
                        $"{path} is of type {type.Name}");
                    if (type.Assembly == typeof(BodySummary).Assembly && seen.Add(type))
                        open.Enqueue((type, path));
                }
            }
        }

        Assert.Contains(typeof(CallEdge), seen);
    }
}
