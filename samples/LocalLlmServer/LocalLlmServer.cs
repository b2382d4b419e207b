using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace LocalLlm;

/// <summary>
/// A loopback server that speaks OpenAI's protocol (<c>/v1/chat/completions</c> with and without streaming, <c>/v1/embeddings</c>)
/// and misbehaves as told: it is slow, limits rates, fails, hangs, and counts what its clients did.
/// </summary>
public sealed class LocalLlmServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly StatisticsRecorder statistics;
    private readonly CancellationTokenSource stopping;

    private LocalLlmServer(WebApplication app, StatisticsRecorder statistics, CancellationTokenSource stopping)
    {
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

    /// <summary>Starts a server; it has stopped when it is disposed.</summary>
    public static async Task<LocalLlmServer> StartAsync(LocalLlmServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new LocalLlmServerOptions();
        var statistics = new StatisticsRecorder();
        var stopping = new CancellationTokenSource();
        var admission = new Admission(options, statistics, stopping.Token);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, LeaveSignalsToTheProgram>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, options.Port));
        var app = builder.Build();
        app.MapPost("/v1/chat/completions", http => admission.ServeAsync(http, ChatCompletions.AnswerAsync));
        app.MapPost("/v1/embeddings", http => admission.ServeAsync(http, Embeddings.AnswerAsync));
        app.MapGet("/statistics", () => statistics.Now);
        await app.StartAsync(cancellationToken);
        return new LocalLlmServer(app, statistics, stopping);
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
