using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.DisposedBeforeCompletion;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a function that is not async returns the task or stream of a model call, or of a wrapper, out of the <c>using</c> of something the call needs: a token source, a client, a stream it sends, the lease of a limiter.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the function awaits the call;</item>
/// <item>the resource outlives the call, or the call does not need it;</item>
/// <item>the task has completed when it is returned.</item>
/// </list>
/// </summary>
internal sealed class DisposedBeforeCompletionRule : LlmRule
{
    public const string Id = "ALLM3009";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "What a model call needs is disposed before the call has ended",
        message: "'{0}' is returned without being awaited, so '{1}' is disposed while the call runs: {2}",
        DiagnosticSeverity.Warning,
        description: "A using block ends when the method returns the task, not when the task ends: the token source no longer fires, the client or the stream is closed under the request, or the limiter's permit is given back at once.",
        RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 70;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.ReturnFromUsing;

    public override Finding? Inspect(Site site)
    {
        if (site.Operation is not IReturnOperation { Kind: OperationKind.Return, ReturnedValue: { } returned }
            || HeldDuring.Of(returned, site.Context, site.CancellationToken).FirstOrDefault() is not { Resource: { } resource } held
            || new CallsBehind(site.Context, site.CancellationToken).Of(returned) is not { } call
            || Completed.Of(returned, site.Context.Types).Verdict == Verdict.Yes)
            return null;

        return new Finding(Descriptor, NameOf(returned.WithoutConversions().Syntax, call.Name).GetLocation(), call.Name, resource.Name, held.Effect switch
        {
            DisposalEffect.TokenDies => "its timeout and cancellation no longer reach the request, which runs on and is billed",
            DisposalEffect.PermitReturns => "its permit is free again at once, and the limiter lets in the next call while this one runs",
            DisposalEffect.StreamCloses => "the request fails when it reads what is closed",
            _ => "the request is cut off or fails, and its answer is lost",
        });
    }

    private static SyntaxToken NameOf(SyntaxNode returned, string call) => returned switch
    {
        ParenthesizedExpressionSyntax parenthesized => NameOf(parenthesized.Expression, call),
        ConditionalExpressionSyntax conditional => NameOfOne([conditional.WhenTrue, conditional.WhenFalse], call),
        SwitchExpressionSyntax { Arms: [_, ..] arms } => NameOfOne([.. arms.Select(arm => arm.Expression)], call),
        BinaryExpressionSyntax binary => NameOfOne([binary.Left, binary.Right], call),
        ConditionalAccessExpressionSyntax access => NameOf(access.WhenNotNull, call),
        BaseObjectCreationExpressionSyntax { ArgumentList.Arguments: [{ Expression: var task }] } => NameOf(task, call),
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "AsTask" or "ContinueWith" or "Unwrap", Expression: var task } } => NameOf(task, call),
        _ => Site.NameOf(returned)?.Identifier ?? returned.GetFirstToken(),
    };

    private static SyntaxToken NameOfOne(ExpressionSyntax[] choices, string call) =>
        NameOf(choices.FirstOrDefault(choice => choice.DescendantTokens().Any(token => token.ValueText == call)) ?? choices[0], call);
}
