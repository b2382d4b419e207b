using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does the client of a call limit, retry or time out its requests by a handler, policy or wrapper it was visibly made with?</summary>
internal static class ClientLayers
{
    private const int MaxSteps = 200;

    /// <summary>Yes, with the place that says so; Unknown for a layer whose source is elsewhere; No when what is visible holds none.</summary>
    public static Fact Of(Location call, ExecutorRole role, LlmContext context, CancellationToken cancellationToken) =>
        context.InvocationAt(call, cancellationToken) is { } invocation ? Of(invocation, role, context, cancellationToken) : new Fact(Verdict.No);

    public static Fact Of(IInvocationOperation call, ExecutorRole role, LlmContext context, CancellationToken cancellationToken) =>
        call.Receiver() is { } receiver ? OfClient(receiver, role, context, cancellationToken) : new Fact(Verdict.No);

    /// <summary>What a client is made of is followed once for all roles.</summary>
    public static Fact OfClient(IOperation client, ExecutorRole role, LlmContext context, CancellationToken cancellationToken)
    {
        var (bounds, retries, deadline) = context.Answer(nameof(ClientLayers), client.WithoutConversions().KeptAt(), () =>
        {
            var parts = Construction(client, context, cancellationToken).ToList();
            return (In(parts, ExecutorRole.Bounds, context, cancellationToken), In(parts, ExecutorRole.Retries, context, cancellationToken), In(parts, ExecutorRole.Deadline, context, cancellationToken));
        });
        return role switch
        {
            ExecutorRole.Bounds => bounds,
            ExecutorRole.Retries => retries,
            _ => deadline,
        };
    }

    private static Fact In(List<IOperation?> parts, ExecutorRole role, LlmContext context, CancellationToken cancellationToken)
    {
        var result = new Fact(Verdict.No);
        foreach (var operation in parts)
        {
            var fact = operation switch
            {
                null => new Fact(Verdict.Unknown),
                IInvocationOperation registration when TakesHttpClientFromFactory(registration, context) && HttpDefaults.Of(role, context, cancellationToken) is { Verdict: not Verdict.No } defaults => defaults,
                IInvocationOperation { TargetMethod.Name: var name } when IsThrottleName(name) => new Fact(Verdict.Yes, operation.Syntax.GetLocation()),
                IInvocationOperation invocation when OfExecutor(invocation, role, context) is { Verdict: not Verdict.No } executor => executor,
                _ when role != ExecutorRole.Bounds && IsPipelineFromElsewhere(operation, context, cancellationToken) => new Fact(Verdict.Unknown, operation.Syntax.GetLocation()),
                IObjectCreationOperation { Type: INamedTypeSymbol type } when IsHandler(type, context) => OfHandler(type, operation, role, context, cancellationToken),
                _ => new Fact(Verdict.No),
            };
            if (fact.Verdict == Verdict.Yes)
                return fact;
            if (fact.Verdict == Verdict.Unknown)
                result = fact;
        }

        return result;
    }

    /// <summary>A registration that is given no HttpClient asks the container for one.</summary>
    public static bool TakesHttpClientFromFactory(IInvocationOperation invocation, LlmContext context) =>
        context.Catalog.MayBeClientMethod(invocation.TargetMethod.Name)
        && context.Catalog.FindClientMethod(invocation.TargetMethod, invocation.ReceiverType())?.HasTrait("http-timeout") == true
        && !invocation.Arguments.Any(argument => argument is { ArgumentKind: ArgumentKind.Explicit, Parameter.Type.Name: "HttpClient" } && argument.Value.WithoutConversions() is not (ILiteralOperation or IDefaultValueOperation));

    public static bool IsThrottleName(string name) =>
        name.IndexOf("Throttl", StringComparison.OrdinalIgnoreCase) >= 0 || name.IndexOf("RateLimit", StringComparison.OrdinalIgnoreCase) >= 0;

    /// <summary>The invocation makes an executor that has the role, or may have it.</summary>
    public static Fact OfExecutor(IInvocationOperation invocation, ExecutorRole role, LlmContext context) =>
        context.FindExecutor(invocation.TargetMethod, invocation.ReceiverType()) is { ExecutorShape: ExecutorShape.Create } executor && (executor.Roles & role) != 0
            ? new Fact(executor.HasTrait("maybe") ? Verdict.Unknown : Verdict.Yes, invocation.Syntax.GetLocation())
            : new Fact(Verdict.No);

    private static Fact OfHandler(INamedTypeSymbol type, IOperation creation, ExecutorRole role, LlmContext context, CancellationToken cancellationToken)
    {
        // Requests that end in a handler or transport of this code reach no provider, or one of its own.
        if (!type.DerivesFrom("DelegatingHandler") && (type.DerivesFrom("HttpMessageHandler") || type.DerivesFrom("PipelineTransport") || type.DerivesFrom("HttpPipelineTransport")))
            return new Fact(Verdict.Unknown, creation.Syntax.GetLocation());

        var bodies = type.GetMembers().OfType<IMethodSymbol>().Select(member => context.Bodies.Operation(member, cancellationToken)).OfType<IOperation>().ToList();
        if (bodies.Count == 0)
            return new Fact(IsPlain(type) ? Verdict.No : Verdict.Unknown, creation.Syntax.GetLocation());

        // A handler that passes nothing on answers by itself.
        if (type.DerivesFrom("DelegatingHandler") && !bodies.SelectMany(body => body.Descendants()).Any(operation => operation is IInvocationOperation { TargetMethod.Name: "SendAsync" or "Send" }))
            return new Fact(Verdict.Unknown, creation.Syntax.GetLocation());

        var acts = bodies.SelectMany(body => body.Descendants()).Any(operation => operation switch
        {
            IInvocationOperation call => context.FindExecutor(call.TargetMethod, call.ReceiverType()) is { } executor && (executor.Roles & role) != 0
                || role == ExecutorRole.Deadline && call.TargetMethod is { Name: "CancelAfter" or "WaitAsync" },
            ILoopOperation => role == ExecutorRole.Retries,
            _ => false,
        });
        return new Fact(acts ? Verdict.Yes : Verdict.No, creation.Syntax.GetLocation());
    }

    /// <summary>The wrappers of Microsoft.Extensions.AI add functions, logs and caches; none limits, repeats or ends a call.</summary>
    private static bool IsPlain(INamedTypeSymbol type) => type.IsInNamespace("Microsoft.Extensions.AI");

    /// <summary>An HttpClient, handler or transport that somebody else makes, who may have given it layers: one that is injected, or of <c>IHttpClientFactory</c>.</summary>
    private static bool IsPipelineFromElsewhere(IOperation operation, LlmContext context, CancellationToken cancellationToken) =>
        operation is ILocalReferenceOperation or IFieldReferenceOperation or IPropertyReferenceOperation or IParameterReferenceOperation or IInvocationOperation
        && operation.Type is { } type && PipelineTypes.Prepend("HttpClient").Any(type.IsOrDerivesFrom)
        && operation is not IMemberReferenceOperation { Instance: null, Member.DeclaringSyntaxReferences.IsEmpty: true }
        && !(operation.Parent is IAssignmentOperation assignment && assignment.Target == operation)
        && !new ValueSources(context, cancellationToken).Of(operation).Any();

    private static readonly string[] PipelineTypes = ["HttpMessageHandler", "PipelinePolicy", "HttpPipelinePolicy", "PipelineTransport", "HttpPipelineTransport"];

    /// <summary>A link of an HTTP or SDK pipeline, or a wrapper of a client, that the SDK itself did not bring.</summary>
    private static bool IsHandler(INamedTypeSymbol type, LlmContext context)
    {
        if (type.ContainingNamespace?.ToDisplayString() is { } @namespace
            && (@namespace.StartsWith("System.", StringComparison.Ordinal) || @namespace.StartsWith("Azure.Core", StringComparison.Ordinal)))
            return false;

        return PipelineTypes.Any(name => type.DerivesFrom(name)) || context.Catalog.IsMiddleware(type);
    }

    /// <summary>Everything written to make the client: its value, those of the locals, fields and options in it, and the factories that are called; null where there is more.</summary>
    public static IEnumerable<IOperation?> Construction(IOperation client, LlmContext context, CancellationToken cancellationToken)
    {
        var sources = new ValueSources(context, cancellationToken);
        var seen = new HashSet<SyntaxNode>();
        var open = new Queue<IOperation>([client]);
        for (var step = 0; open.Count > 0; step++)
        {
            if (step == MaxSteps)
            {
                yield return null;
                yield break;
            }

            foreach (var operation in Parts(open.Dequeue()))
            {
                yield return operation;
                if (operation is not (ILocalReferenceOperation or IFieldReferenceOperation or IPropertyReferenceOperation or IParameterReferenceOperation or IInvocationOperation)
                    || IsPlainValue(operation.Type)
                    || !seen.Add(operation.Syntax))
                    continue;

                var values = operation is IInvocationOperation { TargetMethod: var factory } && context.Bodies.IsInSource(factory) && context.Bodies.Operation(factory.OriginalDefinition, cancellationToken) is { } body
                    ? [body]
                    : sources.Of(operation);
                foreach (var value in values.Concat(operation is ILocalReferenceOperation local ? DoneTo(local, context) : []))
                    open.Enqueue(value);
            }
        }
    }

    /// <summary>The operation and what is in it, but for what a key, a name or a number is made of: a configuration holds no part of a client.</summary>
    private static IEnumerable<IOperation> Parts(IOperation operation)
    {
        var open = new Stack<IOperation>([operation]);
        while (open.Count > 0)
        {
            var part = open.Pop();
            yield return part;
            if (IsPlainValue(part.Type))
                continue;
            foreach (var child in part.ChildOperations.Reverse())
                open.Push(child);
        }
    }

    /// <summary>Keys, names and numbers: no part of a client is made of them.</summary>
    private static bool IsPlainValue(ITypeSymbol? type) =>
        type is { SpecialType: not (SpecialType.None or SpecialType.System_Object or SpecialType.System_Void) } or { TypeKind: TypeKind.Enum } or { Name: nameof(Uri) or nameof(TimeSpan) or "ApiKeyCredential" };

    /// <summary>What is set on or called on the object that the local holds, but for the model calls: what they are given is no part of it.</summary>
    private static IEnumerable<IOperation> DoneTo(ILocalReferenceOperation local, LlmContext context)
    {
        var uses = LocalUses.Around(local);
        return uses.ReferencesTo(local.Local).Select(reference => reference.Parent?.Parent).OfType<ISimpleAssignmentOperation>()
            .Where(assignment => assignment.Target is IPropertyReferenceOperation { Instance: ILocalReferenceOperation target } && SymbolEqualityComparer.Default.Equals(target.Local, local.Local))
            .Concat<IOperation>(uses.InvocationsOn(local.Local).Where(invocation => context.Catalog.FindCall(invocation.TargetMethod, local.Type) is not { IsCall: true }));
    }
}
