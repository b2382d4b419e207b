using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Reads times that are written as constants.</summary>
internal static class Durations
{
    /// <summary><c>TimeSpan.FromSeconds(30)</c>, <c>new TimeSpan(0, 1, 0)</c>, <c>Timeout.InfiniteTimeSpan</c>, a read-only field that is one; null for anything else.</summary>
    public static TimeSpan? Of(IOperation value, ValueSources sources)
    {
        value = value.WithoutConversions();
        var depth = 0;
        while (value is ILocalReferenceOperation or IFieldReferenceOperation { Field: { IsReadOnly: true, ContainingType.Name: not (nameof(TimeSpan) or nameof(Timeout)) } } && depth++ < 3)
        {
            if (sources.Of(value).ToList() is not [var only])
                return null;
            value = only.WithoutConversions();
        }

        return value switch
        {
            IFieldReferenceOperation { Field: { Name: nameof(Timeout.InfiniteTimeSpan), ContainingType.Name: nameof(Timeout) } } => Timeout.InfiniteTimeSpan,
            IFieldReferenceOperation { Field: { Name: nameof(TimeSpan.MaxValue), ContainingType.Name: nameof(TimeSpan) } } => Timeout.InfiniteTimeSpan,
            IFieldReferenceOperation { Field: { Name: nameof(TimeSpan.Zero), ContainingType.Name: nameof(TimeSpan) } } => TimeSpan.Zero,
            IInvocationOperation { TargetMethod: { ContainingType.Name: nameof(TimeSpan), Name: var name } } factory => OfFactory(name, factory),
            IObjectCreationOperation { Type.Name: nameof(TimeSpan) } creation => OfParts(creation),
            _ => null,
        };
    }

    private static TimeSpan? OfFactory(string name, IInvocationOperation factory)
    {
        if (Number(factory.Arguments.FirstOrDefault()?.Value) is not { } amount || factory.Arguments.Skip(1).Any(argument => Number(argument.Value) is not 0))
            return null;

        double? milliseconds = name switch
        {
            nameof(TimeSpan.FromMilliseconds) => amount,
            nameof(TimeSpan.FromSeconds) => amount * 1_000,
            nameof(TimeSpan.FromMinutes) => amount * 60_000,
            nameof(TimeSpan.FromHours) => amount * 3_600_000,
            _ => null,
        };
        return milliseconds is { } known && Math.Abs(known) < TimeSpan.MaxValue.TotalMilliseconds ? TimeSpan.FromMilliseconds(known) : null;
    }

    private static TimeSpan? OfParts(IObjectCreationOperation creation)
    {
        var parts = creation.Arguments.OrderBy(argument => argument.Parameter?.Ordinal).Select(argument => Number(argument.Value)).ToList();
        return parts switch
        {
            [{ } ticks] => TimeSpan.FromTicks((long)ticks),
            [{ } hours, { } minutes, { } seconds] => TimeSpan.FromSeconds((hours * 3600) + (minutes * 60) + seconds),
            [{ } days, { } hours, { } minutes, { } seconds] => TimeSpan.FromSeconds((days * 86400) + (hours * 3600) + (minutes * 60) + seconds),
            _ => null,
        };
    }

    private static double? Number(IOperation? value) => value?.ConstantValue switch
    {
        { HasValue: true, Value: int number } => number,
        { HasValue: true, Value: long number } => number,
        { HasValue: true, Value: double number } => number,
        _ => null,
    };
}
