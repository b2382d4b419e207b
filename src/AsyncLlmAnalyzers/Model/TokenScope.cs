using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>The cancellation tokens that the code at a place could pass on: those of the nearest function that has one.</summary>
/// <param name="Tokens">Parameters and locals; several when the function has several, none when none is in scope.</param>
/// <param name="Function">The lambda, local function or member body that declares them.</param>
internal readonly record struct TokenScope(ImmutableArray<ISymbol> Tokens, IOperation Function)
{
    /// <summary>The token to pass on, when there is no choice.</summary>
    public ISymbol? Only => Tokens is [var only] ? only : null;

    /// <summary>How <see cref="Only"/> is written.</summary>
    public string? OnlyName => Only is { } only ? NameOf(only) : null;

    /// <summary>How code names it: a keyword with its <c>@</c>.</summary>
    public static string NameOf(ISymbol token) => SyntaxFacts.GetKeywordKind(token.Name) == SyntaxKind.None ? token.Name : $"@{token.Name}";

    /// <summary>
    /// Looks outwards from <paramref name="site"/>, never through a static function. A parameter of a primary constructor
    /// is a field in disguise and does not count.
    /// </summary>
    /// <param name="site">The place.</param>
    /// <param name="except">Tokens that are looked past.</param>
    public static TokenScope At(IOperation site, Func<ISymbol, bool>? except = null)
    {
        for (var inner = site; ; )
        {
            var function = inner.EnclosingFunction();
            ImmutableArray<ISymbol> tokens = [.. ParametersOf(function, site).Where(IsUsable), .. LocalsBetween(inner, function).Where(local => IsUsable(local, site))];
            if (except is not null)
                tokens = tokens.RemoveAll(token => except(token));
            if (!tokens.IsEmpty || IsStatic(function) || function.Parent is null)
                return new TokenScope(tokens, function);

            inner = function;
        }
    }

    /// <summary>The parameters of a function around <paramref name="site"/>.</summary>
    public static ImmutableArray<IParameterSymbol> ParametersOf(IOperation function, IOperation site) => function switch
    {
        IAnonymousFunctionOperation lambda => lambda.Symbol.Parameters,
        ILocalFunctionOperation local => local.Symbol.Parameters,
        _ => (site.EnclosingMember() as IMethodSymbol)?.Parameters ?? [],
    };

    /// <summary>It cannot name what belongs to the functions and the object around it.</summary>
    public static bool IsStatic(IOperation function) => function switch
    {
        IAnonymousFunctionOperation lambda => lambda.Symbol.IsStatic,
        ILocalFunctionOperation local => local.Symbol.IsStatic,
        _ => false,
    };

    private static IEnumerable<ILocalSymbol> LocalsBetween(IOperation inner, IOperation function) =>
        inner.Ancestors().TakeWhile(ancestor => ancestor != function).SelectMany(ancestor => ancestor switch
        {
            IBlockOperation block => block.Locals,
            ILoopOperation loop => loop.Locals,
            IUsingOperation statement => statement.Locals,
            ISwitchOperation statement => statement.Locals,
            ISwitchCaseOperation section => section.Locals,
            ISwitchExpressionArmOperation arm => arm.Locals,
            _ => ImmutableArray<ILocalSymbol>.Empty,
        });

    private static bool IsUsable(IParameterSymbol parameter) =>
        IsNamedToken(parameter, parameter.Type) && parameter.RefKind == RefKind.None;

    private static bool IsUsable(ILocalSymbol local, IOperation site) =>
        IsNamedToken(local, local.Type)
        && local.DeclaringSyntaxReferences is [var declaration]
        && IsAssigned(local, declaration.GetSyntax(), site)
        && !(LocalValues.Of(local, site) is [_, ..] values && values.All(value => value.IsNoToken()));

    private static bool IsNamedToken(ISymbol symbol, ITypeSymbol type) =>
        ReturnTypes.IsCancellationToken(type) && symbol.Name is not ("" or "_");

    private static bool IsAssigned(ILocalSymbol local, SyntaxNode declaration, IOperation site) => declaration switch
    {
        ForEachStatementSyntax loop => loop.Statement.Span.Contains(site.Syntax.Span),
        _ when declaration.Span.End > site.Syntax.SpanStart => false,
        VariableDeclaratorSyntax { Initializer: not null } => true,
        _ => site.Syntax is ExpressionSyntax expression
            && site.SemanticModel?.AnalyzeDataFlow(expression) is { Succeeded: true } flow
            && flow.DefinitelyAssignedOnEntry.Contains(local),
    };
}
