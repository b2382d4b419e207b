using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Which functions may become async, and with which of them every caller has to change.</summary>
internal static class AsyncFunctions
{
    private const int Synchronized = 32;

    /// <summary>Attributes by which a framework calls the member and takes a task as well as a value.</summary>
    private static readonly HashSet<string> HostedAttributes =
    [
        "FactAttribute", "TheoryAttribute", "TestAttribute", "TestCaseAttribute", "TestCaseSourceAttribute", "TestMethodAttribute", "DataTestMethodAttribute",
        "SetUpAttribute", "TearDownAttribute", "OneTimeSetUpAttribute", "OneTimeTearDownAttribute", "TestInitializeAttribute", "TestCleanupAttribute",
        "ClassInitializeAttribute", "ClassCleanupAttribute", "BenchmarkAttribute", "GlobalSetupAttribute", "GlobalCleanupAttribute",
        "FunctionAttribute", "FunctionNameAttribute", "KernelFunctionAttribute", "McpServerToolAttribute",
        "HttpGetAttribute", "HttpPostAttribute", "HttpPutAttribute", "HttpDeleteAttribute", "HttpPatchAttribute", "RouteAttribute",
    ];

    private static readonly HashSet<string> HostedBaseTypes = ["ControllerBase", "PageModel", "Hub"];

    /// <summary>Libraries that take a <c>Delegate</c> of any type and await what it returns.</summary>
    private static readonly string[] DelegateHosts = ["Microsoft.AspNetCore", "Microsoft.Extensions.AI", "Microsoft.SemanticKernel"];

    public static bool IsAsync(SyntaxNode function) => function switch
    {
        AnonymousFunctionExpressionSyntax lambda => !lambda.AsyncKeyword.IsKind(SyntaxKind.None),
        MethodDeclarationSyntax method => method.Modifiers.Any(SyntaxKind.AsyncKeyword),
        LocalFunctionStatementSyntax local => local.Modifiers.Any(SyntaxKind.AsyncKeyword),
        _ => true, // top-level statements become async by containing an await
    };

    /// <summary>What is in the function itself, not in one inside it.</summary>
    public static IEnumerable<SyntaxNode> NodesOf(SyntaxNode function) =>
        function.DescendantNodes(node => node == function || node is not (AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax));

    /// <summary>It already returns a task, so that only its body changes.</summary>
    public static bool KeepsSignature(IMethodSymbol method, KnownTypes types) => types.IsTaskLike(method.ReturnType);

    /// <summary>A lambda whose delegate returns a task, or that is given to what treats both kinds alike, as <c>Task.Run</c> does.</summary>
    public static bool MayBecomeAsync(AnonymousFunctionExpressionSyntax lambda, SemanticModel model, KnownTypes types, CancellationToken cancellationToken)
    {
        if (model.GetSymbolInfo(lambda, cancellationToken).Symbol is not IMethodSymbol symbol || !HasPlainParameters(symbol) || HasYield(lambda))
            return false;

        return model.GetTypeInfo(lambda, cancellationToken).ConvertedType is INamedTypeSymbol { DelegateInvokeMethod.ReturnType: var returned } && types.IsTaskLike(returned)
            || IsGivenToHost(lambda, model, types, cancellationToken);
    }

    /// <summary>A method or local function whose body may await, whoever calls it.</summary>
    public static bool MayBecomeAsync(SyntaxNode function, IMethodSymbol method) =>
        HasPlainParameters(method)
        && !method.ReturnsByRef && !method.ReturnsByRefReadonly && IsPlain(method.ReturnType)
        && !HasYield(function)
        && (method.IsStatic || !method.ContainingType.IsValueType || method.IsReadOnly)
        && !method.GetAttributes().Any(NeedsSyncBody);

    /// <summary>What returns a value may return a task of it: nothing outside of the solution's plain calls depends on the signature.</summary>
    public static bool MayChangeSignature(IMethodSymbol method, Compilation compilation, Solution solution) =>
        method.MethodKind == MethodKind.LocalFunction
        || method is { IsVirtual: false, IsOverride: false, IsAbstract: false, IsExtern: false, PartialDefinitionPart: null, PartialImplementationPart: null, ExplicitInterfaceImplementations.IsEmpty: true }
            && !ImplementsInterface(method)
            && !IsEventHandler(method)
            && !IsStartup(method)
            && (IsMain(method) || IsHosted(method) || !IsSeenOutside(method, compilation, solution));

    private static bool HasPlainParameters(IMethodSymbol method) =>
        method.Parameters.All(parameter => parameter.RefKind == RefKind.None && IsPlain(parameter.Type)) && !method.IsVararg;

    private static bool IsPlain(ITypeSymbol type) => !type.IsRefLikeType && type.TypeKind is not (TypeKind.Pointer or TypeKind.FunctionPointer);

    private static bool HasYield(SyntaxNode function) => NodesOf(function).Any(node => node is YieldStatementSyntax);

    /// <summary>The runtime calls it and waits for nothing, holds its lock, or needs its thread.</summary>
    private static bool NeedsSyncBody(AttributeData attribute)
    {
        var type = attribute.AttributeClass;
        return type?.Name switch
        {
            "MethodImplAttribute" => attribute.ConstructorArguments.Any(argument => argument.Value is int flags && (flags & Synchronized) != 0),
            "UnmanagedCallersOnlyAttribute" or "ModuleInitializerAttribute" or "STAThreadAttribute" => true,
            _ => type?.IsInNamespace("System.Runtime.Serialization") == true || type?.IsInNamespace("System.Runtime.InteropServices") == true,
        };
    }

    private static bool ImplementsInterface(IMethodSymbol method) => method.ContainingType.AllInterfaces
        .SelectMany(contract => contract.GetMembers(method.Name))
        .Any(member => SymbolEqualityComparer.Default.Equals(method.ContainingType.FindImplementationForInterfaceMember(member), method));

    /// <summary>Markup and designers attach such methods by name.</summary>
    private static bool IsEventHandler(IMethodSymbol method) =>
        method.Parameters is [{ Type.SpecialType: SpecialType.System_Object }, { Type: var arguments }] && arguments.IsOrDerivesFrom(nameof(EventArgs));

    /// <summary><c>Startup.Configure</c> and <c>ConfigureServices</c> are called by convention and have to return void.</summary>
    private static bool IsStartup(IMethodSymbol method) =>
        method.Name.StartsWith("Configure", StringComparison.Ordinal) && method.ContainingType.Name.StartsWith("Startup", StringComparison.Ordinal);

    private static bool IsMain(IMethodSymbol method) => method is { Name: "Main", IsStatic: true };

    private static bool IsHosted(IMethodSymbol method) =>
        method.GetAttributes().Any(attribute => attribute.AttributeClass is { } type && HostedAttributes.Contains(type.Name))
        || method.ContainingType.BaseTypesAndSelf().Any(type => HostedBaseTypes.Contains(type.Name));

    /// <summary>Code outside the solution may call it: it is public in a library, or another assembly is let in. Nobody references a program.</summary>
    private static bool IsSeenOutside(IMethodSymbol method, Compilation compilation, Solution solution)
    {
        var (isPublic, isPrivate) = (true, false);
        for (ISymbol symbol = method; symbol is not (null or INamespaceSymbol); symbol = symbol.ContainingSymbol)
        {
            isPublic &= symbol.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal;
            isPrivate |= symbol.DeclaredAccessibility == Accessibility.Private;
        }

        return !isPrivate && (isPublic && compilation.Options.OutputKind is OutputKind.DynamicallyLinkedLibrary or OutputKind.NetModule || LetsInOthers(compilation.Assembly, solution));
    }

    private static bool LetsInOthers(IAssemblySymbol assembly, Solution solution) => assembly.GetAttributes()
        .Where(attribute => attribute.AttributeClass?.Name == "InternalsVisibleToAttribute")
        .Select(attribute => attribute.ConstructorArguments is [{ Value: string name }, ..] ? name.Split(',')[0].Trim() : "")
        .Any(friend => !solution.Projects.Any(project => string.Equals(project.AssemblyName, friend, StringComparison.OrdinalIgnoreCase)));

    private static bool IsGivenToHost(AnonymousFunctionExpressionSyntax lambda, SemanticModel model, KnownTypes types, CancellationToken cancellationToken)
    {
        SyntaxNode node = lambda;
        while (node.Parent is ParenthesizedExpressionSyntax or CastExpressionSyntax)
            node = node.Parent;

        return node.Parent is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax invocation }
            && model.GetSymbolInfo(invocation, cancellationToken).Symbol is IMethodSymbol host
            && (host.Name == "Run" && types.IsTask(host.ContainingType)
                || model.GetTypeInfo(lambda, cancellationToken).ConvertedType is { SpecialType: SpecialType.System_Delegate } && TakesAnyDelegate(host));
    }

    /// <summary>Such a library awaits what a delegate or method group of any type returns.</summary>
    public static bool TakesAnyDelegate(IMethodSymbol host) => DelegateHosts.Any(host.ContainingType.IsInNamespace);
}
