using System.Reflection;
using AsyncLlm;
using AsyncLlmAnalyzers.Editing;

namespace AsyncLlmAnalyzers.Tests.Editing;

/// <summary>The fixes know the runtime by name only; here the names meet the assembly.</summary>
public class RuntimeNamesTests
{
    [Fact]
    public void Name_what_the_runtime_has()
    {
        Assert.Equal(RuntimeNames.Namespace, typeof(LlmTask).Namespace);
        Assert.Equal(RuntimeNames.LlmTask, nameof(LlmTask));
        Assert.Equal(RuntimeNames.LlmTimeout, nameof(LlmTimeout));
        Assert.Equal(RuntimeNames.LlmBatchOptions, nameof(LlmBatchOptions));
        Assert.Equal(typeof(int?), typeof(LlmBatchOptions).GetProperty(RuntimeNames.MaxConcurrencyOption)!.PropertyType);
        Assert.Equal(typeof(TimeSpan?), typeof(LlmBatchOptions).GetProperty(RuntimeNames.Deadline)!.PropertyType);
        Assert.Equal(RuntimeNames.LlmRetry, nameof(LlmRetry));
        Assert.Equal(RuntimeNames.LlmRetryOptions, nameof(LlmRetryOptions));
        Assert.All(
            typeof(LlmRetry).GetMethods().Where(method => method.Name == RuntimeNames.RunAsync && method.GetParameters()[1].ParameterType == typeof(int)),
            method => Assert.Equal([RuntimeNames.MaxRetries, RuntimeNames.CancellationToken], method.GetParameters()[1..].Select(parameter => parameter.Name!)));
        Assert.All(
            new Dictionary<string, Type>
            {
                [RuntimeNames.MaxRetriesOption] = typeof(int),
                [RuntimeNames.BaseDelay] = typeof(TimeSpan),
                [RuntimeNames.MaxDelay] = typeof(TimeSpan),
                [RuntimeNames.OnRetry] = typeof(Action<LlmRetryEvent>),
                [RuntimeNames.Classify] = typeof(Func<Exception, LlmFailure>),
            },
            option => Assert.Equal(option.Value, typeof(LlmRetryOptions).GetProperty(option.Key)!.PropertyType));
        Assert.Equal(
            (RuntimeNames.LlmFailure, RuntimeNames.Classify, RuntimeNames.LlmFailureKind, RuntimeNames.Permanent),
            (nameof(LlmFailure), nameof(LlmFailure.Classify), nameof(LlmFailureKind), nameof(LlmFailureKind.Permanent)));
        Assert.All([RuntimeNames.Failure, RuntimeNames.FailedAttempt, RuntimeNames.Delay], member => Assert.NotNull(typeof(LlmRetryEvent).GetProperty(member)));
        Assert.All(
            typeof(LlmTimeout).GetMethods().Where(method => method.Name == RuntimeNames.RunAsync),
            method => Assert.Equal([typeof(TimeSpan), .. method.GetParameters().Length == 4 ? [typeof(TimeProvider)] : Array.Empty<Type>(), typeof(CancellationToken)], method.GetParameters()[1..].Select(parameter => parameter.ParameterType)));
        Assert.All(
            typeof(LlmTask).GetMethods().Where(method => method.Name == RuntimeNames.WhenAll && method.GetParameters()[2].ParameterType == typeof(int)),
            method => Assert.Equal([RuntimeNames.MaxConcurrency, "cancellationToken"], method.GetParameters()[2..].Select(parameter => parameter.Name!)));
    }

    [Fact]
    public void Are_all_used_by_the_runtime()
    {
        var members = new[] { typeof(LlmTask), typeof(LlmThrottleOpenAIExtensions) }.SelectMany(type => type.Assembly.GetExportedTypes())
            .SelectMany(type => type.GetMethods().SelectMany(method => method.GetParameters().Select(parameter => parameter.Name).Append(method.Name)).Concat(type.GetProperties().Select(property => property.Name)).Concat(type.IsEnum ? type.GetEnumNames() : []).Append(type.Name).Append(type.Namespace))
            .ToHashSet();
        Assert.All(typeof(RuntimeNames).GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic), name => Assert.Contains((string)name.GetRawConstantValue()!, members));
    }
}
