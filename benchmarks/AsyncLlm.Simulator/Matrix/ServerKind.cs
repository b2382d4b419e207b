namespace AsyncLlm.Simulator;

internal enum ServerKind
{
    TokenBucket,
    FixedWindow,
    SlidingLog,
    SlidingCounter,
    Concurrency,
}
