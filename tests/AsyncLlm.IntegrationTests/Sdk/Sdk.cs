using System.Reflection;

namespace AsyncLlm.IntegrationTests;

/// <summary>A client library, constructed as its own documentation does it.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Assembly">Where its version stands.</param>
/// <param name="Create">Makes a client for a server; without a timeout it keeps its own.</param>
internal sealed record Sdk(string Name, Assembly Assembly, Func<Uri, TimeSpan?, SdkClient> Create)
{
    public string Version =>
        Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public override string ToString() => Name;
}

/// <summary>One client.</summary>
/// <param name="Root">The object that holds its settings.</param>
/// <param name="CallAsync">Sends a prompt and returns what came back, as text.</param>
/// <param name="StreamAsync">Sends a prompt and returns the pieces of the answer as they come.</param>
internal sealed record SdkClient(
    object Root,
    Func<string, CancellationToken, Task<string>> CallAsync,
    Func<string, CancellationToken, IAsyncEnumerable<string>> StreamAsync);
