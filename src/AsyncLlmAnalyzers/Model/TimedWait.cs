using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>A place where code stops waiting for tasks when a time has passed: a race with a delay, or a wait with a timeout.</summary>
/// <param name="Tasks">What is no longer waited for then.</param>
/// <param name="Delay">The delay that takes part in the race; null for a wait with a timeout.</param>
internal readonly record struct TimedWait(ImmutableArray<IOperation> Tasks, IInvocationOperation? Delay)
{
    public const string WhenAny = nameof(Task.WhenAny);

    public const string WaitAsync = "WaitAsync";

    public const string Wait = nameof(Task.Wait);

    public static readonly ImmutableHashSet<string> Names = [WhenAny, WaitAsync, Wait, nameof(Task.WaitAll), nameof(Task.WaitAny)];

    public static TimedWait? From(IInvocationOperation wait, KnownTypes types) => wait.TargetMethod switch
    {
        { Name: WhenAny, IsStatic: true } method when types.IsTask(method.ContainingType) => OfRace(wait, types),
        { Name: WaitAsync or Wait, IsStatic: false } method when types.IsTask(method.ContainingType) && HasEnd(wait) =>
            wait.Receiver() is { } task ? new TimedWait([task], null) : null,
        { Name: nameof(Task.WaitAll) or nameof(Task.WaitAny), IsStatic: true } method when types.IsTask(method.ContainingType) && HasEnd(wait) => new TimedWait([wait.Arguments[0].Value], null),
        _ => null,
    };

    /// <summary>The time after which it gives up.</summary>
    public static IOperation? TimeOf(IInvocationOperation wait) =>
        wait.Arguments.FirstOrDefault(argument => argument.Parameter?.Type is { Name: nameof(TimeSpan) } or { SpecialType: SpecialType.System_Int32 })?.Value;

    /// <summary>A time, or the token of a source that has one.</summary>
    private static bool HasEnd(IInvocationOperation wait) => TimeOf(wait) is { } time && !TokenSource.IsInfinite(time)
        || wait.Arguments.Any(argument => ReturnTypes.IsCancellationToken(argument.Value.Type!) && TokenSource.Of(argument.Value)?.Timers.Any() == true);

    private static TimedWait? OfRace(IInvocationOperation race, KnownTypes types)
    {
        var sources = new TaskSources(types);
        var racers = race.Arguments.SelectMany(argument => Racers(argument.Value, types, sources, [])).ToList();
        var delay = racers.Select(racer => DelayOf(racer, types)).FirstOrDefault(found => found is not null);
        return delay is null ? null : new TimedWait([.. racers.Where(racer => DelayOf(racer, types) is null)], delay);
    }

    private static List<IOperation> Racers(IOperation tasks, KnownTypes types, TaskSources sources, HashSet<IOperation> seen)
    {
        tasks = tasks.WithoutConversions();
        if (types.IsTaskLike(tasks.Type) || !seen.Add(tasks))
            return [tasks];

        var racers = sources.Of(tasks).SelectMany(source => Racers(source, types, sources, seen)).ToList();
        return racers.Count > 0 ? racers : [tasks];
    }

    private static IInvocationOperation? DelayOf(IOperation racer, KnownTypes types) => racer.WithoutConversions() switch
    {
        IInvocationOperation delay when types.IsCombinator(delay, nameof(Task.Delay)) => HasEnd(delay) ? delay : null,
        ILocalReferenceOperation local when local.Initializer() is { } value && value.WithoutConversions() is IInvocationOperation => DelayOf(value, types),
        _ => null,
    };
}
