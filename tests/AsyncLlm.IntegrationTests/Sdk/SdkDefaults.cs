using System.Globalization;
using System.Reflection;
using LocalLlm;

namespace AsyncLlm.IntegrationTests;

/// <summary>The timeouts a client has that was given none: as it announces them to the server, else as its private fields hold them.</summary>
/// <param name="Call">Of an attempt at a call.</param>
/// <param name="Stream">Of an attempt to open a stream.</param>
internal sealed record SdkDefaults(TimeSpan Call, TimeSpan Stream)
{
    private const string Announced = "x-stainless-timeout";

    public static async Task<SdkDefaults> OfAsync(Sdk sdk) => await OfAsync(server => sdk.Create(server, null));

    public static async Task<SdkDefaults> OfAsync(Func<Uri, SdkClient> create)
    {
        await using var server = await LocalLlmServer.StartAsync();
        var client = create(server.BaseAddress);
        await client.CallAsync("one", CancellationToken.None);
        await client.StreamAsync("one", CancellationToken.None).LastAsync();
        var found = new Lazy<TimeSpan>(() => Timeouts(client.Root).Where(timeout => timeout > TimeSpan.Zero).Min());
        return new(At(0), At(1));

        TimeSpan At(int request) => server.Requests[request].Headers.TryGetValue(Announced, out var seconds)
            ? TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture))
            : found.Value;
    }

    /// <summary>Every timeout in what an object holds; infinite ones are negative.</summary>
    private static IEnumerable<TimeSpan> Timeouts(object root)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance) { root };
        var queue = new Queue<object>([root]);
        while (queue.TryDequeue(out var current))
        {
            if (current is HttpClient http)
                yield return http.Timeout;
            foreach (var field in Fields(current.GetType()))
            {
                if (field.GetValue(current) is not { } value)
                    continue;
                if (field.Name == "_networkTimeout" && value is TimeSpan timeout)
                    yield return timeout;
                foreach (var held in value is object[] array ? array.OfType<object>() : [value])
                {
                    if (!held.GetType().IsPrimitive && held is not (string or Type or MemberInfo or Delegate or Assembly) && seen.Add(held))
                        queue.Enqueue(held);
                }
            }
        }
    }

    private static IEnumerable<FieldInfo> Fields(Type? type)
    {
        for (; type is not null; type = type.BaseType)
        {
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (!field.FieldType.IsPointer && !field.FieldType.IsByRef && !field.FieldType.IsByRefLike && field.FieldType.Namespace != "System.Threading")
                    yield return field;
            }
        }
    }
}
