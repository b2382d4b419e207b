using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Hosting;

/// <summary>One candidate node and everything the rules ask of it, each computed once and only when asked.</summary>
internal sealed class Site(
    TriggerKind kind,
    SyntaxNode node,
    SemanticModel model,
    LlmContext context,
    AnalyzerConfigOptions options,
    CancellationToken cancellationToken)
{
    private bool _boundOperation;
    private bool _boundCall;
    private bool _followedClient;
    private bool _boundFanOut;
    private bool _boundRetry;
    private bool _boundRateLimit;

    public TriggerKind Kind { get; } = kind;

    public SyntaxNode Node { get; } = node;

    public SemanticModel Model { get; } = model;

    public LlmContext Context { get; } = context;

    public AnalyzerConfigOptions Options { get; } = options;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    public IOperation? Operation
    {
        get
        {
            if (!_boundOperation)
            {
                _boundOperation = true;
                field = Model.GetOperation(Node, CancellationToken);
            }

            return field;
        }
    }

    public IInvocationOperation? Invocation => Operation as IInvocationOperation;

    public IObjectCreationOperation? Creation => Operation as IObjectCreationOperation;

    /// <summary>The catalogued call this invocation is, or null.</summary>
    public LlmCall? Call
    {
        get
        {
            if (!_boundCall)
            {
                _boundCall = true;
                field = Invocation is { } invocation ? LlmCall.From(invocation, Context) : null;
                if (field is null && Invocation is { } other)
                    ClientUses.Keep(other, constructions: null, Context);
            }

            return field;
        }
    }

    /// <summary>Where the client of the <see cref="Call"/> comes from.</summary>
    public ClientOrigin Client
    {
        get
        {
            if (!_followedClient)
            {
                _followedClient = true;
                field = ClientOrigins.Of(Invocation!, Context, CancellationToken);
                ClientUses.Keep(Invocation!, field.All, Context);
            }

            return field;
        }
    }

    /// <summary>The fan-out this invocation joins (<c>Task.WhenAll(..)</c> and its kin), or null.</summary>
    public FanOut? FanOut
    {
        get
        {
            if (!_boundFanOut)
            {
                _boundFanOut = true;
                field = Invocation is { } invocation ? FanOut.From(invocation, Context, Options, CancellationToken) : null;
            }

            return field;
        }
    }

    /// <summary>The hand-written retry of a model call whose handler this <c>catch</c> clause is, or null.</summary>
    public RetryHandler? Retry
    {
        get
        {
            if (!_boundRetry)
            {
                _boundRetry = true;
                field = RetryHandler.From(Operation as ICatchClauseOperation, Context, CancellationToken);
            }

            return field;
        }
    }

    /// <summary>The handler that gives up on a rate limit which this <c>catch</c> clause is, or this status names, or null.</summary>
    public RateLimitHandler? RateLimit
    {
        get
        {
            if (!_boundRateLimit)
            {
                _boundRateLimit = true;
                field = RateLimitHandler.From(Operation, Context, CancellationToken);
            }

            return field;
        }
    }

    /// <summary>The token that names the invoked or accessed member or the created type: the smallest thing a person has to change.</summary>
    public SyntaxToken NameToken => Node is BaseObjectCreationExpressionSyntax creation
        ? TypeNames.TokenOf(creation)
        : NameOf(Node)?.Identifier ?? Node.GetFirstToken();

    public static SimpleNameSyntax? NameOf(SyntaxNode node) => node switch
    {
        InvocationExpressionSyntax invocation => NameOf(invocation.Expression),
        MemberAccessExpressionSyntax access => access.Name,
        MemberBindingExpressionSyntax binding => binding.Name,
        SimpleNameSyntax name => name,
        _ => null,
    };
}
