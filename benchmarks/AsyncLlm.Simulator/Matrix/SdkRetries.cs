namespace AsyncLlm.Simulator;

/// <summary>Whether the client library repeats a failed request three times before anyone sees it.</summary>
internal enum SdkRetries
{
    Off,

    /// <summary>At once, or when the Retry-After says so: what the OpenAI client does by default.</summary>
    AtOnce,

    /// <summary>After 0.8, 1.6 and 3.2 s, or when the Retry-After says so.</summary>
    Waiting,
}
