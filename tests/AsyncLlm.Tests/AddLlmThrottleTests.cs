using System.Collections.Concurrent;
using AsyncLlm.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static AsyncLlm.LlmFailureKind;

namespace AsyncLlm.Tests;

public sealed class AddLlmThrottleTests
{
    [Fact]
    public void An_application_has_one_throttle()
    {
        using var provider = new ServiceCollection().AddLlmThrottle().AddLlmThrottle().BuildServiceProvider();

        Assert.Same(provider.GetRequiredService<LlmThrottle>(), provider.GetRequiredService<LlmThrottle>());
        Assert.Single(provider.GetServices<LlmThrottle>());
        Assert.Null(provider.GetRequiredService<LlmThrottle>().Options.Name);
    }

    [Fact]
    public void Each_name_has_one_throttle_with_options_of_its_own()
    {
        using var provider = new ServiceCollection()
            .AddLlmThrottle("chat", options => options.RequestsPerMinute = 500)
            .AddLlmThrottle("embeddings", options => options.Name = "vectors")
            .AddLlmThrottle("chat", options => options.MaxRetries = 7)
            .Configure<LlmThrottleOptions>("chat", options => options.MaxConcurrency = 9)
            .BuildServiceProvider();

        var chat = provider.GetRequiredKeyedService<LlmThrottle>("chat");

        Assert.Same(chat, provider.GetRequiredKeyedService<LlmThrottle>("chat"));
        Assert.Equal(("chat", 500, 7, 9), (chat.Options.Name, chat.Options.RequestsPerMinute, chat.Options.MaxRetries, chat.Options.MaxConcurrency));
        var embeddings = provider.GetRequiredKeyedService<LlmThrottle>("embeddings");
        Assert.Equal(("vectors", null, 5), (embeddings.Options.Name, embeddings.Options.RequestsPerMinute, embeddings.Options.MaxRetries));
        Assert.Null(provider.GetService<LlmThrottle>());
    }

    [Fact]
    public void A_registered_clock_is_its_clock_unless_the_options_have_another()
    {
        var (registered, own) = (new TestClock(), new TestClock());
        using var provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(registered)
            .AddLlmThrottle()
            .AddLlmThrottle("own", options => options.TimeProvider = own)
            .BuildServiceProvider();

        Assert.Same(registered, provider.GetRequiredService<LlmThrottle>().Options.TimeProvider);
        Assert.Same(own, provider.GetRequiredKeyedService<LlmThrottle>("own").Options.TimeProvider);
    }

    [Theory]
    [InlineData(RateLimited, LogLevel.Information)]
    [InlineData(Transient, LogLevel.Warning)]
    public Task What_it_repeats_is_logged_and_told_to_the_options_too(LlmFailureKind kind, LogLevel level) => Scenario.Run(async () =>
    {
        var (log, told, clock) = (new Log(), new List<LlmRetryEvent>(), new TestClock());
        using var provider = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(log))
            .AddLlmThrottle("chat", options =>
            {
                options.OnRetry = told.Add;
                options.Classify = _ => new(kind, TimeSpan.FromSeconds(3));
                options.TimeProvider = clock;
            })
            .BuildServiceProvider();
        var attempts = 0;

        var call = provider.GetRequiredKeyedService<LlmThrottle>("chat").ExecuteAsync(_ => ++attempts == 1 ? Task.FromException<int>(new ModelException("no")) : Task.FromResult(attempts));

        var (category, loggedLevel, text, exception) = log.Written.First();
        Assert.Equal(("AsyncLlm.LlmThrottle", level), (category, loggedLevel));
        Assert.StartsWith($"Throttle chat: attempt 1 failed ({kind}) and is repeated in 00:00:03", text, StringComparison.Ordinal);
        Assert.Equal(level == LogLevel.Warning, exception is ModelException);
        Assert.Equal(kind, Assert.Single(told).Failure.Kind);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(2, await call);
    });

    [Theory]
    [InlineData(RateLimited, LogLevel.Information)]
    [InlineData(Overloaded, LogLevel.Warning)]
    public Task A_pause_is_logged_once_and_when_it_is_over(LlmFailureKind kind, LogLevel level) => Scenario.Run(async () =>
    {
        var (log, clock, isBusy) = (new Log(), new TestClock(), true);
        using var provider = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(log))
            .AddLlmThrottle("chat", options =>
            {
                options.Classify = _ => new(kind, TimeSpan.FromSeconds(3));
                options.TimeProvider = clock;
            })
            .BuildServiceProvider();
        var throttle = provider.GetRequiredKeyedService<LlmThrottle>("chat");

        var calls = Enumerable.Range(0, 3).Select(number => throttle.ExecuteAsync(_ => isBusy ? Task.FromException<int>(new ModelException("no")) : Task.FromResult(number))).ToArray();
        clock.Advance(TimeSpan.FromSeconds(4));

        var (category, pausedAt, text, _) = Assert.Single(log.Written, entry => entry.Text.Contains("no call is admitted", StringComparison.Ordinal));
        Assert.Equal(("AsyncLlm.LlmThrottle", level), (category, pausedAt));
        Assert.StartsWith("Throttle chat: no call is admitted for 00:00:03", text, StringComparison.Ordinal);
        Assert.Contains($"({kind}); ", text, StringComparison.Ordinal);
        Assert.DoesNotContain(log.Written, IsResumed);

        isBusy = false;
        await UntilResumedAsync(log, clock, throttle, calls);

        Assert.Equal("0 1 2", string.Join(' ', await Task.WhenAll(calls)));
        Assert.Matches(@"^Throttle chat: calls are admitted again, ([0-9.]+ a minute|as they come); [0-9]+ wait$", Assert.Single(log.Written, IsResumed).Text);
        Assert.Equal(LogLevel.Information, Assert.Single(log.Written, IsResumed).Level);
    });

    [Fact]
    public Task What_a_logger_throws_reaches_neither_the_calls_nor_the_clock() => Scenario.Run(async () =>
    {
        var (log, clock, attempts) = (new Log { Throws = new ModelException("a logger's") }, new TestClock(), 0);
        using var provider = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(log))
            .AddLlmThrottle(options =>
            {
                options.Classify = _ => new(RateLimited, TimeSpan.FromSeconds(3));
                options.TimeProvider = clock;
            })
            .BuildServiceProvider();

        var throttle = provider.GetRequiredService<LlmThrottle>();
        var call = throttle.ExecuteAsync(_ => ++attempts == 1 ? Task.FromException<int>(new ModelException("no")) : Task.FromResult(attempts));
        await UntilResumedAsync(log, clock, throttle, call);

        Assert.Equal(2, await call);
    });

    [Fact]
    public void Options_out_of_range_fail_where_the_throttle_is_resolved()
    {
        using var provider = new ServiceCollection().AddLlmThrottle(options => options.MaxConcurrency = 0).BuildServiceProvider();

        Assert.Contains("MaxConcurrency", Assert.Throws<ArgumentOutOfRangeException>(provider.GetRequiredService<LlmThrottle>).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_register_with_is_refused()
    {
        Scenario.ThrowsAtOnce<ArgumentNullException>("services", () => ((IServiceCollection)null!).AddLlmThrottle());
        Scenario.ThrowsAtOnce<ArgumentNullException>("services", () => ((IServiceCollection)null!).AddLlmThrottle("name"));
        Scenario.ThrowsAtOnce<ArgumentNullException>("name", () => new ServiceCollection().AddLlmThrottle((string)null!));
        Scenario.ThrowsAtOnce<ArgumentException>("name", () => new ServiceCollection().AddLlmThrottle(""));
    }

    /// <summary>Lets time pass until that is logged and the calls are over; not while the pool is still to start or end an attempt.</summary>
    private static async Task UntilResumedAsync(Log log, TestClock clock, LlmThrottle throttle, params Task[] calls)
    {
        while (!log.Written.Any(IsResumed) || calls.Any(call => !call.IsCompleted))
        {
            if (throttle.GetStatistics().InFlight == 0)
                clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private static bool IsResumed((string Category, LogLevel Level, string Text, Exception? Exception) entry) => entry.Text.Contains("admitted again", StringComparison.Ordinal);

    private sealed class Log : ILoggerProvider
    {
        public ConcurrentQueue<(string Category, LogLevel Level, string Text, Exception? Exception)> Written { get; } = [];

        /// <summary>Thrown for every entry but that of a retry.</summary>
        public Exception? Throws { get; init; }

        public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

        public void Dispose() { }

        private sealed class Writer(Log log, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull
                => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                log.Written.Enqueue((category, logLevel, formatter(state, exception), exception));
                if (log.Throws is not null && eventId.Id != 1)
                    throw log.Throws;
            }
        }
    }
}
