using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does the client of a call limit its own requests, by a handler or policy it was visibly made with?</summary>
internal static class ThrottledClient
{
    private const int MaxSteps = 50;

    /// <summary>Yes, with the place that says so; Unknown for a handler whose source is elsewhere; No when what is visible holds no limiter.</summary>
    public static Fact Of(Location call, LlmContext context, CancellationToken cancellationToken)
    {
        var node = call.SourceTree?.GetRoot(cancellationToken).FindNode(call.SourceSpan, getInnermostNodeForTie: true).FirstAncestorOrSelf<InvocationExpressionSyntax>();
        if (node is null
            || context.GetModel(node.SyntaxTree)?.GetOperation(node, cancellationToken) is not IInvocationOperation invocation
            || invocation.Receiver() is not { } receiver)
            return new Fact(Verdict.No);

        var result = new Fact(Verdict.No);
        foreach (var operation in Construction(receiver, context, cancellationToken))
        {
            var fact = operation switch
            {
                IInvocationOperation { TargetMethod.Name: var name } when IsThrottleName(name) => new Fact(Verdict.Yes, operation.Syntax.GetLocation()),
                IObjectCreationOperation { Type: INamedTypeSymbol type } when IsHandler(type) => OfHandler(type, operation, context, cancellationToken),
                _ => new Fact(Verdict.No),
            };
            if (fact.Verdict == Verdict.Yes)
                return fact;
            if (fact.Verdict == Verdict.Unknown)
                result = fact;
        }

        return result;
    }

    private static bool IsThrottleName(string name) =>
        name.IndexOf("Throttl", StringComparison.OrdinalIgnoreCase) >= 0 || name.IndexOf("RateLimit", StringComparison.OrdinalIgnoreCase) >= 0;

    private static Fact OfHandler(INamedTypeSymbol type, IOperation creation, LlmContext context, CancellationToken cancellationToken)
    {
        var bodies = type.GetMembers().OfType<IMethodSymbol>().Select(member => context.Bodies.Operation(member, cancellationToken)).OfType<IOperation>().ToList();
        if (bodies.Count == 0)
            return new Fact(Verdict.Unknown, creation.Syntax.GetLocation());

        var limits = bodies.SelectMany(body => body.Descendants()).OfType<IInvocationOperation>().Any(call =>
            context.FindExecutor(call.TargetMethod, call.ReceiverType()) is { } executor && (executor.Roles & ExecutorRole.Bounds) != 0);
        return new Fact(limits ? Verdict.Yes : Verdict.No, creation.Syntax.GetLocation());
    }

    /// <summary>A link of an HTTP or SDK pipeline that the SDK itself did not bring.</summary>
    private static bool IsHandler(INamedTypeSymbol type)
    {
        if (type.ContainingNamespace?.ToDisplayString() is { } @namespace
            && (@namespace.StartsWith("System.", StringComparison.Ordinal) || @namespace.StartsWith("Azure.Core", StringComparison.Ordinal)))
            return false;

        for (var current = type.BaseType; current is not null; current = current.BaseType)
        {
            if (current.Name is "DelegatingHandler" or "PipelinePolicy" or "HttpPipelinePolicy")
                return true;
        }

        return false;
    }

    /// <summary>Everything written to make the client: its value, those of the locals, fields and options in it, and the factories that are called.</summary>
    private static IEnumerable<IOperation> Construction(IOperation client, LlmContext context, CancellationToken cancellationToken)
    {
        var seen = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
        var open = new Queue<IOperation>([client]);
        for (var step = 0; open.Count > 0 && step < MaxSteps; step++)
        {
            foreach (var operation in open.Dequeue().DescendantsAndSelf())
            {
                yield return operation;
                var values = operation switch
                {
                    ILocalReferenceOperation local when seen.Add(local.Local) => ValuesOf(local),
                    IFieldReferenceOperation field when seen.Add(field.Field) => ValuesOf(field.Field, context, cancellationToken),
                    IPropertyReferenceOperation { Property.IsIndexer: false } property when seen.Add(property.Property) => ValuesOf(property.Property, context, cancellationToken),
                    IInvocationOperation { TargetMethod: var factory } when context.Bodies.IsInSource(factory) && seen.Add(factory.OriginalDefinition) =>
                        context.Bodies.Operation(factory.OriginalDefinition, cancellationToken) is { } body ? [body] : [],
                    _ => [],
                };
                foreach (var value in values)
                    open.Enqueue(value);
            }
        }
    }

    /// <summary>What the local was given, and what was given to its properties.</summary>
    private static IEnumerable<IOperation> ValuesOf(ILocalReferenceOperation local) =>
        LocalValues.Of(local).Concat(local.Root().DescendantsAndSelf().OfType<ISimpleAssignmentOperation>()
            .Where(assignment => assignment.Target is IPropertyReferenceOperation { Instance: ILocalReferenceOperation target } && SymbolEqualityComparer.Default.Equals(target.Local, local.Local))
            .Select(assignment => assignment.Value));

    /// <summary>The initialiser of a field or property of this compilation, and what its type assigns to it.</summary>
    private static IEnumerable<IOperation> ValuesOf(ISymbol member, LlmContext context, CancellationToken cancellationToken)
    {
        foreach (var declaration in member.ContainingType.DeclaringSyntaxReferences)
        {
            if (context.GetModel(declaration.SyntaxTree) is not { } model)
                continue;

            foreach (var value in declaration.GetSyntax(cancellationToken).DescendantNodes().Select(node => ValueFor(node, member.Name)).OfType<ExpressionSyntax>())
            {
                var target = value.Parent is AssignmentExpressionSyntax assignment ? model.GetSymbolInfo(assignment.Left, cancellationToken).Symbol : member;
                if (SymbolEqualityComparer.Default.Equals(target, member) && model.GetOperation(value, cancellationToken) is { } operation)
                    yield return operation;
            }
        }
    }

    private static ExpressionSyntax? ValueFor(SyntaxNode node, string name) => node switch
    {
        VariableDeclaratorSyntax { Parent.Parent: FieldDeclarationSyntax, Initializer.Value: var value } field when field.Identifier.ValueText == name => value,
        PropertyDeclarationSyntax property when property.Identifier.ValueText == name => property.Initializer?.Value ?? property.ExpressionBody?.Expression,
        AssignmentExpressionSyntax assignment when assignment.Left is IdentifierNameSyntax left && left.Identifier.ValueText == name
            || assignment.Left is MemberAccessExpressionSyntax { Expression: ThisExpressionSyntax, Name: var access } && access.Identifier.ValueText == name => assignment.Right,
        _ => null,
    };
}
