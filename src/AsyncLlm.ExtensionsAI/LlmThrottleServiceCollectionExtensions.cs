using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AsyncLlm;

/// <summary>Registers throttles as services.</summary>
public static class LlmThrottleServiceCollectionExtensions
{
    /// <summary>Registers the one <see cref="LlmThrottle"/> of an application, as a singleton.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets its options; <see langword="null"/> for the defaults. Several registrations add up, as do <c>services.Configure&lt;LlmThrottleOptions&gt;(..)</c>.</param>
    /// <returns>The same <paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    /// <remarks>It logs each attempt it will repeat and each pause in which it admits no call, both as information for rate limits and as warnings for everything else,
    /// and when it goes on, at which pace; in the category <c>AsyncLlm.LlmThrottle</c>.
    /// A registered <see cref="TimeProvider"/> is its clock. Values out of range fail when the throttle is resolved.</remarks>
    public static IServiceCollection AddLlmThrottle(this IServiceCollection services, Action<LlmThrottleOptions>? configure = null)
    {
        Configure(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(provider, Options.DefaultName));
        return services;
    }

    /// <summary>Registers an <see cref="LlmThrottle"/> for one of several quotas, as a singleton with its name as key: <c>[FromKeyedServices("name")] LlmThrottle throttle</c>.</summary>
    /// <param name="name">The key, the name of its options, and its <see cref="LlmThrottleOptions.Name"/> unless that is set.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is <see langword="null"/>.</exception>
    /// <inheritdoc cref="AddLlmThrottle(IServiceCollection, Action{LlmThrottleOptions}?)"/>
    public static IServiceCollection AddLlmThrottle(this IServiceCollection services, string name, Action<LlmThrottleOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Configure(services, name, configure);
        services.TryAddKeyedSingleton(name, static (provider, key) => Create(provider, (string)key!));
        return services;
    }

    private static void Configure(IServiceCollection services, string name, Action<LlmThrottleOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<LlmThrottleOptions>(name);
        if (configure is not null)
            options.Configure(configure);
    }

    private static LlmThrottle Create(IServiceProvider provider, string name)
    {
        var options = provider.GetRequiredService<IOptionsFactory<LlmThrottleOptions>>().Create(name);
        if (name.Length > 0)
            options.Name ??= name;
        if (options.TimeProvider == TimeProvider.System)
            options.TimeProvider = provider.GetService<TimeProvider>() ?? TimeProvider.System;
        var log = new ThrottleLog(provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance, options.Name ?? "default", options.TimeProvider);
        options.OnRetry = log.Write + options.OnRetry;
        var throttle = new LlmThrottle(options);
        log.Watch(throttle);
        return throttle;
    }
}
