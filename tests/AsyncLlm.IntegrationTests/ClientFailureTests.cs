using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using Anthropic;
using Anthropic.Models.Messages;
using Azure;
using Azure.AI.Inference;
using Azure.Core.Pipeline;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;
using OpenAI;
using OpenAI.Chat;
using static AsyncLlm.LlmFailureKind;

namespace AsyncLlm.IntegrationTests;

/// <summary>What the real clients throw for an answer, read by a library that references none of them.</summary>
public sealed class ClientFailureTests
{
    private const string RateLimit = """{"type":"error","error":{"type":"rate_limit_error","code":"rate_limit_exceeded","message":"Rate limit reached. Please try again in 9s."}}""";
    private const string Quota = """{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}""";

    private static readonly Dictionary<string, Func<Answers, int, Task>> Calls = new()
    {
        ["OpenAI"] = (answers, retries) =>
            new ChatClient("m", new ApiKeyCredential("k"), new OpenAIClientOptions
            {
                RetryPolicy = new ClientRetryPolicy(retries),
                Transport = new HttpClientPipelineTransport(new HttpClient(answers)),
            }).CompleteChatAsync("hi"),
        ["Azure"] = (answers, retries) =>
            new ChatCompletionsClient(new Uri("https://models.test"), new AzureKeyCredential("k"), new AzureAIInferenceClientOptions
            {
                Retry = { MaxRetries = retries, Delay = TimeSpan.FromMilliseconds(1) },
                Transport = new HttpClientTransport(answers),
            }).CompleteAsync(new ChatCompletionsOptions { Messages = { new ChatRequestUserMessage("hi") } }),
        ["Anthropic"] = (answers, retries) =>
            new AnthropicClient { ApiKey = "k", MaxRetries = retries, HttpClient = new HttpClient(answers) }
                .Messages.Create(new MessageCreateParams { Model = "m", MaxTokens = 9, Messages = [new UserMessageParam("hi")] }),
        // Given an HttpClient it does not retry.
        ["Semantic Kernel"] = (answers, _) => new OpenAIChatCompletionService("m", "k", httpClient: new HttpClient(answers)).GetChatMessageContentAsync("hi"),
    };

    public static TheoryData<string> Clients => [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_refusal_for_the_rate_limit_is_recognised(string client) =>
        Assert.Equal(RateLimited, (await FailureAsync(client, new(HttpStatusCode.TooManyRequests, RateLimit))).Kind);

    [Theory]
    [InlineData("OpenAI", 3)]
    [InlineData("Azure", 3)]
    [InlineData("Semantic Kernel", 3)]
    // Its exceptions keep no headers: the message is all there is.
    [InlineData("Anthropic", 9)]
    public async Task The_wait_the_server_asks_for_is_found(string client, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), (await FailureAsync(client, new(HttpStatusCode.TooManyRequests, RateLimit, ("Retry-After", "3")))).RetryAfter);

    [Theory]
    [InlineData("OpenAI")]
    [InlineData("Azure")]
    [InlineData("Semantic Kernel")]
    public async Task Its_milliseconds_win(string client) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(2500),
            (await FailureAsync(client, new(HttpStatusCode.TooManyRequests, RateLimit, ("Retry-After", "3"), ("retry-after-ms", "2500")))).RetryAfter);

    [Theory]
    [InlineData("OpenAI")]
    [InlineData("Azure")]
    [InlineData("Semantic Kernel")]
    public async Task The_server_may_forbid_to_retry(string client) =>
        Assert.Equal(Permanent, (await FailureAsync(client, new(HttpStatusCode.TooManyRequests, RateLimit, ("x-should-retry", "false")))).Kind);

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task An_exhausted_quota_is_told_from_a_rate_limit(string client) =>
        Assert.Equal(QuotaExhausted, (await FailureAsync(client, new(HttpStatusCode.TooManyRequests, Quota))).Kind);

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task An_overloaded_server_is_recognised(string client) =>
        Assert.Equal(Overloaded, (await FailureAsync(client, new((HttpStatusCode)529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""))).Kind);

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_fault_is_transient_and_a_bad_request_permanent(string client)
    {
        Assert.Equal(Transient, (await FailureAsync(client, new(HttpStatusCode.InternalServerError, "{}"))).Kind);
        Assert.Equal(Permanent, (await FailureAsync(client, new(HttpStatusCode.BadRequest, "{}"))).Kind);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_refused_connection_is_recognised(string client) =>
        Assert.Equal(ConnectionFailed, (await FailureAsync(client, new(new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused")))).Kind);

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_timeout_is_recognised(string client) =>
        Assert.Equal(TimedOut, (await FailureAsync(client, new(new TaskCanceledException("HttpClient.Timeout", new TimeoutException())))).Kind);

    [Theory]
    [InlineData("OpenAI")]
    [InlineData("Azure")]
    public async Task The_gathered_attempts_of_a_client_that_retries_are_one_failure(string client)
    {
        var refused = new Answers(new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused"));
        var exception = await ThrownAsync(client, refused, retries: 1);

        Assert.IsType<AggregateException>(exception);
        Assert.Equal(ConnectionFailed, LlmFailure.Classify(exception).Kind);
    }

    private static async Task<LlmFailure> FailureAsync(string client, Answers answers) => LlmFailure.Classify(await ThrownAsync(client, answers, retries: 0));

    private static async Task<Exception> ThrownAsync(string client, Answers answers, int retries) =>
        await Assert.ThrowsAnyAsync<Exception>(() => Calls[client](answers, retries));

    /// <summary>A network on which every request ends the same way.</summary>
    private sealed class Answers : HttpMessageHandler
    {
        private readonly Func<HttpRequestMessage, HttpResponseMessage> _answer;

        public Answers(Exception exception) => _answer = _ => throw exception;

        public Answers(HttpStatusCode status, string json, params (string Name, string Value)[] headers) => _answer = request =>
        {
            var response = new HttpResponseMessage(status) { RequestMessage = request, Content = new StringContent(json, null, "application/json") };
            foreach (var (name, value) in headers)
                response.Headers.Add(name, value);
            return response;
        };

        // A synchronous throw would not be what a network does.
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return _answer(request);
        }
    }
}
