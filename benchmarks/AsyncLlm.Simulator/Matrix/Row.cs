using System.Text.Json.Serialization;

namespace AsyncLlm.Simulator;

/// <summary>One server with its clients: a row of a matrix file. README.md describes every key.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record Row
{
    public string? Group { get; init; }

    public ServerKind Server { get; init; }

    /// <summary>The quota in requests per minute.</summary>
    public double Rpm { get; init; } = 600;

    /// <summary>What a token bucket holds, in requests.</summary>
    public double? Burst { get; init; }

    /// <summary>What a token bucket holds, in seconds of its rate; at least one request.</summary>
    public double BurstSeconds { get; init; } = 1;

    /// <summary>The window of the other kinds, in seconds.</summary>
    public double Window { get; init; } = 60;

    /// <summary>How far a fixed window has passed at the start, in seconds.</summary>
    public double Phase { get; init; }

    /// <summary>The most requests in flight.</summary>
    public double Concurrency { get; init; } = 16;

    /// <summary>A second quota, in requests of each second of the clock.</summary>
    public double? PerSecond { get; init; }

    /// <summary>A quota of tokens per minute besides that of requests.</summary>
    public double? Tpm { get; init; }

    /// <summary>The mean tokens of a request, uniform between 0.2 and 1.8 times that.</summary>
    public double Tokens { get; init; } = 1000;

    /// <summary>What the calls reserve, as a share of the tokens they take; the answer tells how many that were.</summary>
    public double Estimate { get; init; } = 1;

    public double? ChangeAt { get; init; }

    public double ChangeFactor { get; init; } = 0.5;

    public bool RefusalsCount { get; init; }

    /// <summary>The share of the quota another client takes.</summary>
    public double Tenant { get; init; }

    /// <summary>The median latency of an accepted request, in seconds.</summary>
    public double Latency { get; init; } = 2;

    public double LatencySigma { get; init; } = 0.5;

    /// <summary>The median latency of a refusal, in seconds.</summary>
    public double RefusalLatency { get; init; } = 0.05;

    /// <summary>The median time a request takes to the server, and an answer back, in seconds; each its own, so that requests overtake each other.</summary>
    public double Transit { get; init; }

    public RetryAfterForm RetryAfter { get; init; }

    /// <summary>What <see cref="RetryAfterForm.Fixed"/> says.</summary>
    public double RetryAfterSeconds { get; init; } = 60;

    /// <summary>How far the server's clock is ahead of the client's, in seconds.</summary>
    public double ClockSkew { get; init; }

    public RateHeaders Headers { get; init; }

    public double? OutageAt { get; init; }

    public double OutageSeconds { get; init; } = 120;

    /// <summary>Whether an outage shows in refused connections; otherwise in 503s.</summary>
    public bool OutageConnections { get; init; }

    /// <summary>The share of accepted requests that end in a 500.</summary>
    public double Faults { get; init; }

    /// <summary>The share of accepted requests that never answer.</summary>
    public double Hangs { get; init; }

    /// <summary>What the client library repeats by itself below our policies.</summary>
    public SdkRetries SdkRetries { get; init; }

    /// <summary>How many requests; by default 200 or three minutes' worth.</summary>
    public int? N { get; init; }

    public GoalKind? Goal { get; init; }

    public IReadOnlyList<string> Policies { get; init; } = ["blind"];

    [JsonIgnore]
    public int Count => N ?? (int)Math.Max(200, Math.Ceiling(RatePerSecond * 180));

    [JsonIgnore]
    public bool HasWindow => Server is not (ServerKind.TokenBucket or ServerKind.Concurrency);

    /// <summary>What the server allows one client, per second, before any change.</summary>
    [JsonIgnore]
    public double RatePerSecond
    {
        get
        {
            if (Server == ServerKind.Concurrency)
                return Concurrency / MeanLatency;
            var rate = Math.Min(Rpm / 60, PerSecond ?? double.PositiveInfinity) * (1 - Tenant);
            return Tpm is { } tpm ? Math.Min(rate, tpm / 60 / Tokens) : rate;
        }
    }

    /// <summary>The same at a moment, in ticks.</summary>
    public double RatePerSecondAt(long ticks) => RatePerSecond * (ChangeAt is { } change && ticks >= QuotaFactory.Ticks(change) ? ChangeFactor : 1);

    [JsonIgnore]
    public double MeanLatency => Latency * Math.Exp(LatencySigma * LatencySigma / 2);

    /// <summary>How many requests the server accepts at once.</summary>
    [JsonIgnore]
    public double EffectiveBurst => Math.Min(PerSecond ?? double.PositiveInfinity, Server switch
    {
        ServerKind.TokenBucket => BucketSize,
        ServerKind.Concurrency => Concurrency,
        _ => Rpm * Window / 60,
    });

    [JsonIgnore]
    public bool SaysWholeSeconds => RetryAfter is RetryAfterForm.Seconds or RetryAfterForm.Date;

    [JsonIgnore]
    public double BucketSize => Burst ?? Math.Max(1, Rpm / 60 * BurstSeconds);

    /// <summary>With a rate of whole requests in each window.</summary>
    public Row WithWholeLimit() => this with { Rpm = Math.Max(1, Math.Round(Rpm * Window / 60)) * 60 / Window };
}
