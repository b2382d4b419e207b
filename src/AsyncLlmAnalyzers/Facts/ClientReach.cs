using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>
/// In which files may a client be used? In its own, and in those it is handed on to: by the function that makes it, to what that calls, creates, or is called by,
/// and from there to what is created, and to what uses the functions that give a client. One that a container or an open member holds may be used anywhere.
/// </summary>
internal static class ClientReach
{
    private const string KernelBuilder = "IKernelBuilder";

    /// <summary>The files, the client's own first; null for all.</summary>
    public static IReadOnlyCollection<SyntaxTree>? Of(ClientConstruction client, LlmContext context, CancellationToken cancellationToken)
    {
        var own = client.Location.SourceTree!;
        var node = own.GetRoot(cancellationToken).FindToken(client.Location.SourceSpan.Start).Parent?.FirstAncestorOrSelf<ExpressionSyntax>(expression => expression is InvocationExpressionSyntax or BaseObjectCreationExpressionSyntax);
        if (node is null || context.GetModel(own)?.GetOperation(node, cancellationToken) is not { } construction)
            return null;

        var ends = new HashSet<SyntaxTree>();
        if (HandedTo(construction, ends, context, cancellationToken) is not { } next)
            return null;

        var trees = new List<SyntaxTree> { own };
        for (var i = 0; i < trees.Count; i++)
        {
            if (FoundIn(trees[i], context, cancellationToken) is not { } found)
                return null;
            foreach (var tree in (i == 0 ? next : []).Concat(found).Where(tree => !trees.Contains(tree)))
                trees.Add(tree);
        }

        return [.. trees.Union(ends)];
    }

    /// <summary>The files of what is created in one, and those that use its functions which give a client; null when a field or property of it does.</summary>
    private static List<SyntaxTree>? FoundIn(SyntaxTree tree, LlmContext context, CancellationToken cancellationToken)
    {
        var found = context.Names.TreesOfCreated(tree).ToList();
        foreach (var member in NameIndex.OpenMembers(tree, context.Catalog.MayHoldClient, cancellationToken))
        {
            if (member is not MethodDeclarationSyntax method)
                return null;
            found.AddRange(context.Names.TreesThatUse(method.Identifier.ValueText));
        }

        return found;
    }

    /// <summary>The files of the functions and types that are given something where the client is made, and those that get the result; null when anybody can get it.</summary>
    /// <param name="construction">Makes the client.</param>
    /// <param name="ends">Gets the files of functions from which it goes nowhere.</param>
    /// <param name="context">The compilation.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    private static HashSet<SyntaxTree>? HandedTo(IOperation construction, HashSet<SyntaxTree> ends, LlmContext context, CancellationToken cancellationToken)
    {
        var trees = new HashSet<SyntaxTree>();
        switch (construction.EnclosingMember())
        {
            case IMethodSymbol { MethodKind: MethodKind.Ordinary or MethodKind.ExplicitInterfaceImplementation } method:
                if (Carries(method.ReturnType, context) || construction.ChainRoot() is IParameterReferenceOperation)
                    trees.UnionWith(context.Names.TreesThatUse(NameIndex.NameOf(method)));
                break;
            case IMethodSymbol { MethodKind: MethodKind.Constructor }:
            case IFieldSymbol field when IsKept(field):
                break;
            default:
                return null;
        }

        foreach (var operation in construction.Root().Descendants())
        {
            switch (operation)
            {
                case IInvocationOperation registration when IsHeldElsewhere(registration) && !IsKernelOfItsOwn(registration, context):
                    return null;
                case IInvocationOperation invocation:
                    if (invocation.ChainRoot() is IParameterReferenceOperation { Parameter: { Type.Name: KernelBuilder, ContainingSymbol: IMethodSymbol method } })
                        trees.UnionWith(context.Names.TreesThatUse(NameIndex.NameOf(method)));
                    trees.UnionWith(invocation.TargetMethod.TypeArguments.SelectMany(type => FilesOf(type, context)));
                    var given = invocation.Arguments.Where(argument => Carries(argument.Value.WithoutConversions().Type, context)).ToList();
                    if (given.Count > 0)
                        (given.TrueForAll(argument => IsOnlyCalled(argument.Parameter, context, cancellationToken)) ? ends : trees).UnionWith(FilesOf(invocation.TargetMethod, context));
                    break;
                case IObjectCreationOperation { Type: { } type } creation when creation.Arguments.Any(argument => Carries(argument.Value.WithoutConversions().Type, context)):
                    trees.UnionWith(FilesOf(type, context));
                    break;
                case IAssignmentOperation assignment when assignment.Syntax.Parent is not InitializerExpressionSyntax && Carries(assignment.Value.Type, context) && !IsKept(assignment.Target):
                    return null;
            }
        }

        return trees;
    }

    /// <summary>The function does nothing with the client but call the model.</summary>
    private static bool IsOnlyCalled(IParameterSymbol? parameter, LlmContext context, CancellationToken cancellationToken) =>
        parameter is { Type: var type, ContainingSymbol: IMethodSymbol { IsAbstract: false, IsVirtual: false, IsOverride: false, DeclaringSyntaxReferences: [var reference] } }
        && context.Catalog.MayHoldClient(type.Name) && !FilesOf(type, context).Any()
        && reference.GetSyntax(cancellationToken) is MethodDeclarationSyntax declaration
        && (declaration.Body ?? (SyntaxNode?)declaration.ExpressionBody) is { } body
        && body.DescendantNodes().OfType<IdentifierNameSyntax>().Where(name => name.Identifier.ValueText == parameter.Name)
            .All(name => name.Parent is MemberAccessExpressionSyntax { Parent: InvocationExpressionSyntax, Name: { } member } access && access.Expression == name && context.MayBeLibraryCall(member.Identifier.ValueText));

    private static IEnumerable<SyntaxTree> FilesOf(ISymbol symbol, LlmContext context) =>
        symbol.OriginalDefinition.DeclaringSyntaxReferences.Select(reference => reference.SyntaxTree).Where(context.Compilation.ContainsSyntaxTree);

    /// <summary>A client may be in a value of the type: it is one, or a type of this compilation, a function, or anything; or holds such.</summary>
    private static bool Carries(ITypeSymbol? type, LlmContext context) => type switch
    {
        null => false,
        IArrayTypeSymbol { ElementType: var element } => Carries(element, context),
        INamedTypeSymbol { TypeArguments: var arguments } named => named.SpecialType == SpecialType.System_Object || named.TypeKind == TypeKind.Delegate
            || context.Catalog.MayHoldClient(named.Name) || named.TypeKind != TypeKind.Enum && FilesOf(named, context).Any() || arguments.Any(argument => Carries(argument, context)),
        _ => true,
    };

    /// <summary>The container of the application, or a collection that others have.</summary>
    private static bool IsHeldElsewhere(IInvocationOperation invocation) =>
        invocation.TargetMethod.Name is var name && (name.StartsWith("Add", StringComparison.Ordinal) || name.StartsWith("TryAdd", StringComparison.Ordinal))
        && (invocation.ReceiverType() is { Name: "IServiceCollection" or "ServiceCollection" or "IHostApplicationBuilder" or "HostApplicationBuilder" or "WebApplicationBuilder" }
            || invocation.ChainRoot() is not (ILocalReferenceOperation or IInvocationOperation or IObjectCreationOperation or IInstanceReferenceOperation { ReferenceKind: InstanceReferenceKind.ImplicitReceiver }));

    /// <summary>A kernel that is built here, or by who calls this method, has a container of its own; only <c>services.AddKernel()</c> gives it the application's.</summary>
    private static bool IsKernelOfItsOwn(IInvocationOperation registration, LlmContext context) => registration.ChainRoot() switch
    {
        ILocalReferenceOperation { Type.Name: KernelBuilder } local => local.Initializer()?.ChainRoot() is IInvocationOperation { TargetMethod: { Name: "CreateBuilder", IsStatic: true } },
        IParameterReferenceOperation { Type.Name: KernelBuilder, Parameter.ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.Ordinary } method } =>
            !context.Names.TreesThatUse(NameIndex.NameOf(method)).Intersect(context.Names.TreesThatUse("AddKernel")).Any(),
        _ => false,
    };

    /// <summary>What is assigned stays in this function, or in this type.</summary>
    private static bool IsKept(IOperation target) => target.ChainRoot() switch
    {
        ILocalReferenceOperation or IInvocationOperation or IObjectCreationOperation or IDiscardOperation or IDeclarationExpressionOperation or IInstanceReferenceOperation { ReferenceKind: InstanceReferenceKind.ImplicitReceiver } => true,
        IFieldReferenceOperation { Field: var field } => IsKept(field),
        IInstanceReferenceOperation when target is IPropertyReferenceOperation { Property: var property } => IsKept(property),
        _ => false,
    };

    private static bool IsKept(ISymbol member) => member is { DeclaredAccessibility: Accessibility.Private, ContainingType.DeclaringSyntaxReferences.Length: 1 };
}
