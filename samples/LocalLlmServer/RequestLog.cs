using System.Security.Cryptography;

namespace LocalLlm;

/// <summary>The last requests: a server that runs for hours must not keep all.</summary>
internal sealed class RequestLog(TimeProvider time)
{
    private const int Capacity = 10_000;

    private readonly Lock gate = new();
    private readonly long started = time.GetTimestamp();
    private readonly Dictionary<long, ServedRequest> requests = [];
    private readonly Dictionary<string, int> attempts = [];
    private readonly Queue<(long Number, string Key)> oldest = [];

    public IReadOnlyList<ServedRequest> All
    {
        get
        {
            lock (gate)
                return [.. requests.Values.OrderBy(request => request.Number)];
        }
    }

    public TimeSpan Elapsed => time.GetElapsedTime(started);

    public void Arrived(long number, HttpRequest request, byte[] body, TimeSpan arrived)
    {
        var path = request.Path.Value ?? "";
        var headers = request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var key = path + Convert.ToHexString(SHA256.HashData(body));
        lock (gate)
        {
            var attempt = attempts[key] = attempts.GetValueOrDefault(key) + 1;
            requests[number] = new() { Number = number, Path = path, Attempt = attempt, Headers = headers, Arrived = arrived };
            oldest.Enqueue((number, key));
            if (oldest.Count > Capacity)
                Forget(oldest.Dequeue());
        }
    }

    public void Ended(long number, RequestOutcome outcome, int? status)
    {
        lock (gate)
        {
            if (requests.TryGetValue(number, out var request))
                requests[number] = request with { Ended = Elapsed, Outcome = outcome, Status = status };
        }
    }

    private void Forget((long Number, string Key) request)
    {
        if (requests.Remove(request.Number, out var forgotten) && attempts[request.Key] == forgotten.Attempt)
            attempts.Remove(request.Key);
    }
}
