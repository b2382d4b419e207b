using System.Globalization;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.StackedRetries;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a hand-written retry, a method that calls itself after a failure, a pipeline or a throttle repeats a call whose client, as it is constructed, repeats it too;</item>
/// <item>two retries of the code's own stand around one call, one inside the other.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the client's retries are switched off, or left to the throttle;</item>
/// <item>the client's construction cannot be seen, or its settings come from elsewhere;</item>
/// <item>the loop around goes over clients or items.</item>
/// </list>
/// </summary>
internal sealed class StackedRetriesRule : LlmRule
{
    public const string Id = "ALLM4006";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "Retries stand inside retries",
        message: "Each attempt that is made of '{0}' here is itself up to {1}: {2}, so that one refusal is answered with many requests; leave the retries to one of them",
        DiagnosticSeverity.Warning,
        description: "Two layers of retries multiply: five attempts of a client that itself makes four are twenty requests for one call, sent to a service that is refusing requests because there are too many.");

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 45;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.Invocation && context.MayBeCall(name);

    public override Finding? Inspect(Site site)
    {
        if (site.Call is not { } call || RetryLayers.Of(call.Operation, site.Context, site.CancellationToken) is not { IsEmpty: false } layers)
            return null;

        if (site.Client.Only is { Attempts: > 1 and var attempts } client)
        {
            return new Finding(Descriptor, site.NameToken.GetLocation(), call.Method.Name, attempts.ToString(CultureInfo.InvariantCulture) + " requests", "its client retries as well")
                .Quoting(client.RetryDefault, site.Model.Compilation);
        }

        return layers.Length > 1 ? new Finding(Descriptor, site.NameToken.GetLocation(), call.Method.Name, "a whole series of attempts", "another retry of this code stands around it") : null;
    }
}
