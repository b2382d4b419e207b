using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace LocalLlm;

/// <summary>
/// A loopback server that speaks OpenAI's protocol (<c>/v1/chat/completions</c>, <c>/v1/responses</c>, <c>/v1/embeddings</c>; the first also where
/// Azure has it), Anthropic's (<c>/v1/messages</c>) and Ollama's (<c>/api/chat</c>, <c>/api/embed</c>), with and without streaming, and misbehaves as told: it is slow,
/// limits rates, fails, hangs, breaks off, and keeps a record of what its clients did.
/// </summary>
public sealed class LocalLlmServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly StatisticsRecorder statistics;
    private readonly RequestLog log;
    private readonly CancellationTokenSource stopping;

    private LocalLlmServer(WebApplication app, StatisticsRecorder statistics, RequestLog log, CancellationTokenSource stopping)
    {
        this.log = log;
        this.app = app;
        this.statistics = statistics;
        this.stopping = stopping;
        BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
    }

    /// <summary>Where the server listens, e.g. <c>http://127.0.0.1:5099/</c>.</summary>
    public Uri BaseAddress { get; }

    /// <summary>What an OpenAI client is given as its endpoint: <see cref="BaseAddress"/> with <c>v1</c>.</summary>
    public Uri Endpoint => new(BaseAddress, "v1");

    /// <summary>What the server has seen so far.</summary>
    public ServerStatistics Statistics => statistics.Now;

    /// <summary>The last ten thousand requests in the order of their arrival.</summary>
    public IReadOnlyList<ServedRequest> Requests => log.All;

    /// <summary>Starts a server; it has stopped when it is disposed.</summary>
    public static async Task<LocalLlmServer> StartAsync(LocalLlmServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new LocalLlmServerOptions();
        var statistics = new StatisticsRecorder();
        var stopping = new CancellationTokenSource();
        var log = new RequestLog(options.TimeProvider);
        var admission = new Admission(options, statistics, log, stopping.Token);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, LeaveSignalsToTheProgram>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, options.Port, listen => listen.Use(UnbufferedOutput.Use)));
        var app = builder.Build();
        Map("/v1/chat/completions", Protocol.OpenAI, ChatCompletions.AnswerAsync);
        Map("/openai/deployments/{model}/chat/completions", Protocol.OpenAI, ChatCompletions.AnswerAsync);
        Map("/v1/responses", Protocol.OpenAI, Responses.AnswerAsync);
        Map("/v1/embeddings", Protocol.OpenAI, Embeddings.AnswerAsync);
        Map("/v1/messages", Protocol.Anthropic, Messages.AnswerAsync);
        Map("/api/chat", Protocol.Ollama, OllamaChat.AnswerAsync);
        Map("/api/embed", Protocol.Ollama, Embeddings.AnswerOllamaAsync);
        app.MapGet("/statistics", () => statistics.Now);
        app.MapGet("/requests", () => log.All);
        await app.StartAsync(cancellationToken);
        return new LocalLlmServer(app, statistics, log, stopping);

        void Map(string path, Protocol protocol, Func<Exchange, Task> answer) => app.MapPost(path, http => admission.ServeAsync(http, protocol, answer));
    }

    /// <summary>Completes as soon as the statistics meet a condition.</summary>
    public Task WhenAsync(Func<ServerStatistics, bool> condition, CancellationToken cancellationToken = default) =>
        statistics.WhenAsync(condition, cancellationToken);

    /// <summary>Ends what is in flight and stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await app.DisposeAsync();
        stopping.Dispose();
    }

    private sealed class LeaveSignalsToTheProgram : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
