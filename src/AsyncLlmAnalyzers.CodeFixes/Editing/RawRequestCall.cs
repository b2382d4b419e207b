using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Repeats a request that is sent by hand. <c>HttpClient</c> does not throw for a refusal, and sends one message only once.</summary>
internal static class RawRequestCall
{
    /// <summary>The code throws for a refusal right after the request, and each attempt makes what it sends anew, or it is kept in memory.</summary>
    public static bool CanRepeat(InvocationExpressionSyntax call, IInvocationOperation request) =>
        ThrottleCall.IsAwaited(call)
        && request.Arguments.All(argument => IsRepeatable(argument.Value.WithoutConversions()))
        && ResponseOf(call) is var (response, next)
        && next is ExpressionStatementSyntax { Expression: InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "EnsureSuccessStatusCode", Expression: IdentifierNameSyntax { Identifier.ValueText: var checkedName } } } }
        && checkedName == response;

    /// <summary><c>LlmRetry.RunAsync(async ct => (await http.PostAsync(..)).EnsureSuccessStatusCode())</c>.</summary>
    public static InvocationExpressionSyntax Run(FixTarget target, InvocationExpressionSyntax call, IInvocationOperation request, CancellationToken cancellationToken)
    {
        var lambda = CallLambda.Of(target, call, request, hasOwnToken: false, cancellationToken);
        return RetryCall.WithDefaults(lambda with
        {
            Parameter = $"async {lambda.Parameter}",
            Call = SyntaxFactory.ParseExpression($"(await {Template.Hole}{LlmEditor.ConfigureAwaitStyle(call)}).EnsureSuccessStatusCode()").Fill(lambda.Call),
        });
    }

    private static (string Response, SyntaxNode? Next)? ResponseOf(InvocationExpressionSyntax call) =>
        call.FirstAncestorOrSelf<StatementSyntax>() is LocalDeclarationStatementSyntax { Declaration.Variables: [{ Identifier.ValueText: var name, Initializer.Value: AwaitExpressionSyntax awaited }] } declaration
        && awaited.Span.Contains(call.Span)
        && Following(declaration) is { } next
            ? (name, next)
            : null;

    private static StatementSyntax? Following(StatementSyntax statement) => statement.Parent switch
    {
        BlockSyntax block => block.Statements.ElementAtOrDefault(block.Statements.IndexOf(statement) + 1),
        GlobalStatementSyntax { Parent: CompilationUnitSyntax unit } global => (unit.Members.ElementAtOrDefault(unit.Members.IndexOf(global) + 1) as GlobalStatementSyntax)?.Statement,
        _ => null,
    };

    private static bool IsRepeatable(IOperation value) => value.Type switch
    {
        { Name: "HttpRequestMessage" } => value is IObjectCreationOperation,
        { Name: "StringContent" or "JsonContent" or "ByteArrayContent" or "FormUrlEncodedContent" or "ReadOnlyMemoryContent" } => true,
        { } type when type.IsOrDerivesFrom("HttpContent") => false,
        _ => true,
    } && !value.Descendants().Any(part => part.Type?.Name is "StreamContent" or "MultipartFormDataContent" || part is IAwaitOperation);
}
