using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Functions a framework calls, and gives a cancellation token if they declare a parameter for it.</summary>
internal static class Endpoints
{
    /// <summary>A minimal API handler, a controller action or a kernel function, whose parameters are its own to choose.</summary>
    /// <param name="function">The function.</param>
    /// <param name="site">An operation in it.</param>
    /// <param name="context">The compilation.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public static bool Is(IOperation function, IOperation site, LlmContext context, CancellationToken cancellationToken) => function switch
    {
        IAnonymousFunctionOperation lambda => IsFree(lambda.Symbol) && IsMapped(lambda),
        ILocalFunctionOperation local => IsFree(local.Symbol) && IsNamedIn(function.Root().Syntax, local.Symbol, context, cancellationToken),
        _ => site.EnclosingMember() is IMethodSymbol { MethodKind: MethodKind.Ordinary } method && IsFree(method)
            && (IsAction(method)
                || IsKernelFunction(method)
                || method.ContainingType.DeclaringSyntaxReferences.Any(part => IsNamedIn(part.GetSyntax(cancellationToken), method, context, cancellationToken))),
    };

    /// <summary>It may get one more parameter, and has none for a token yet.</summary>
    private static bool IsFree(IMethodSymbol method) =>
        method is { IsVirtual: false, IsOverride: false, IsAbstract: false, PartialDefinitionPart: null, PartialImplementationPart: null, ExplicitInterfaceImplementations.IsEmpty: true }
        && !method.Parameters.Any(parameter => ReturnTypes.IsCancellationToken(parameter.Type))
        && !Implements.InterfaceMembers(method).Any();

    private static bool IsMapped(IAnonymousFunctionOperation lambda)
    {
        var value = (IOperation)lambda;
        while (value.Parent is IConversionOperation or IDelegateCreationOperation or IParenthesizedOperation)
            value = value.Parent;
        return value.Parent is IArgumentOperation { Parameter.Type.SpecialType: SpecialType.System_Delegate, Parent: IInvocationOperation map } && IsMap(map.TargetMethod);
    }

    private static bool IsMap(IMethodSymbol method) => method.Name.StartsWith("Map", StringComparison.Ordinal) && method.ContainingType.IsInNamespace("Microsoft.AspNetCore");

    /// <summary>The function is given to such a method by name.</summary>
    private static bool IsNamedIn(SyntaxNode scope, IMethodSymbol method, LlmContext context, CancellationToken cancellationToken)
    {
        if (!NameIndex.IsGiven(scope.SyntaxTree, method.Name))
            return false;

        foreach (var call in scope.DescendantNodes().OfType<InvocationExpressionSyntax>())
        {
            if (Hosting.Site.NameOf(call) is { Identifier.ValueText: var name } && name.StartsWith("Map", StringComparison.Ordinal)
                && call.ArgumentList.Arguments.Any(argument => Hosting.Site.NameOf(argument.Expression)?.Identifier.ValueText == method.Name && argument.Expression is not InvocationExpressionSyntax)
                && context.GetModel(call.SyntaxTree)?.GetOperation(call, cancellationToken) is IInvocationOperation map
                && IsMap(map.TargetMethod)
                && map.Arguments.Any(argument => argument.Parameter?.Type.SpecialType == SpecialType.System_Delegate
                    && argument.Value.MethodGroup() is { } group && SymbolEqualityComparer.Default.Equals(group.OriginalDefinition, method.OriginalDefinition)))
                return true;
        }

        return false;
    }

    /// <summary>A step of a process is given no token that fires: its runtime passes none.</summary>
    private static bool IsKernelFunction(IMethodSymbol method) =>
        HasAttribute(method, "KernelFunctionAttribute", "Microsoft.SemanticKernel") && !method.ContainingType.DerivesFrom("KernelProcessStep");

    private static bool IsAction(IMethodSymbol method)
    {
        if (method is not { DeclaredAccessibility: Accessibility.Public, IsStatic: false } || HasAttribute(method, "NonActionAttribute", "Microsoft.AspNetCore.Mvc"))
            return false;

        return method.ContainingType.BaseTypesAndSelf().Any(type =>
            type.Name == "ControllerBase" && type.IsInNamespace("Microsoft.AspNetCore.Mvc") || HasAttribute(type, "ApiControllerAttribute", "Microsoft.AspNetCore.Mvc"));
    }

    private static bool HasAttribute(ISymbol symbol, string name, string @namespace) =>
        symbol.GetAttributes().Any(attribute => attribute.AttributeClass is { } type && type.Name == name && type.IsInNamespace(@namespace));
}
