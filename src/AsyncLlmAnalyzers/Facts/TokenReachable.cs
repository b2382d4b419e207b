using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Which token that no parameter or local holds could the code at a place use?</summary>
/// <param name="Expressions">How the tokens are written; none for one that a parameter could be declared for.</param>
/// <param name="Function">The function whose token it is, or the endpoint that would declare it.</param>
internal readonly record struct TokenReachable(ImmutableArray<string> Expressions, IOperation Function)
{
    /// <summary>The function would be given a token if it declared one.</summary>
    public bool IsDeclarable => Expressions.IsEmpty;

    /// <summary>Null when there is none, or when code at the place would not want it (see <see cref="TokenWanted"/>).</summary>
    public static TokenReachable? At(IOperation site, LlmContext context, CancellationToken cancellationToken) =>
        Find(site, context, cancellationToken) is { } found && TokenWanted.Within(site, found.Function) ? found : null;

    /// <summary>From the place outwards: a parameter that carries a token, an endpoint, and at last the members of the type.</summary>
    private static TokenReachable? Find(IOperation site, LlmContext context, CancellationToken cancellationToken)
    {
        for (var function = site.EnclosingFunction(); ; function = function.EnclosingFunction())
        {
            ImmutableArray<string> carried = [.. TokenScope.ParametersOf(function, site).Select(parameter => Carried(parameter.Name, parameter.Type)).OfType<string>()];
            if (!carried.IsEmpty)
                return new(carried, function);
            if (Endpoints.Is(function, site, context, cancellationToken))
                return new([], function);
            if (TokenScope.IsStatic(function))
                return null;
            if (function.Parent is null)
                return OfMembers(site, context) is [_, ..] members ? new(members, function) : null;
        }
    }

    /// <summary><c>context.RequestAborted</c> of an <c>HttpContext</c>, a call's or a message's context. The options of a model call are no caller.</summary>
    private static string? Carried(string name, ITypeSymbol type) =>
        name is not ("" or "_") && type.Name.EndsWith("Context", StringComparison.Ordinal) && TokenPassed.TokenProperty(type) is { GetMethod: not null } property ? $"{name}.{property.Name}" : null;

    private static ImmutableArray<string> OfMembers(IOperation site, LlmContext context)
    {
        if (site.EnclosingMember() is not { ContainingType: { } type } member)
            return [];

        ImmutableArray<string> tokens =
        [
            .. Reachable(candidate => candidate is IFieldSymbol field ? ReturnTypes.IsCancellationToken(field.Type) && !IsNone(field) : candidate is IPropertySymbol { GetMethod: not null, IsIndexer: false } property && ReturnTypes.IsCancellationToken(property.Type))
                .Select(candidate => candidate.Name),
            .. member.IsStatic ? [] : PrimaryParameters(type).Where(parameter => ReturnTypes.IsCancellationToken(parameter.Type)).Select(parameter => parameter.Name),
        ];
        return !tokens.IsEmpty ? [.. tokens.Distinct()] : [.. Reachable(IsOfFramework).OfType<IPropertySymbol>().Select(property => Carried(property.Name, property.Type)).OfType<string>().Distinct()];

        IEnumerable<ISymbol> Reachable(Func<ISymbol, bool> isWanted) => type.BaseTypesAndSelf().SelectMany(declaring => declaring.GetMembers())
            .Where(candidate => isWanted(candidate)
                && !candidate.IsImplicitlyDeclared && (candidate.IsStatic || !member.IsStatic) && !SymbolEqualityComparer.Default.Equals(candidate, member)
                && context.Compilation.IsSymbolAccessibleWithin(candidate, type));
    }

    /// <summary>A name for a token that never fires.</summary>
    private static bool IsNone(IFieldSymbol field) =>
        field is { IsReadOnly: true, DeclaringSyntaxReferences: [var declaration] }
        && declaration.GetSyntax() is VariableDeclaratorSyntax { Initializer.Value: LiteralExpressionSyntax or DefaultExpressionSyntax or MemberAccessExpressionSyntax { Name.Identifier.ValueText: nameof(CancellationToken.None) } };

    /// <summary><c>HttpContext</c> of controllers and pages, <c>Context</c> of hubs.</summary>
    private static bool IsOfFramework(ISymbol member) => member is IPropertySymbol { IsStatic: false, ContainingType: var type } && type.IsInNamespace("Microsoft.AspNetCore");

    private static IEnumerable<IParameterSymbol> PrimaryParameters(INamedTypeSymbol type) => type.InstanceConstructors
        .Where(constructor => constructor.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax() is TypeDeclarationSyntax))
        .SelectMany(constructor => constructor.Parameters);
}
