namespace AsyncLlm;

/// <summary>Why a waiting call goes on.</summary>
internal enum Wake : byte
{
    /// <summary>It has a slot.</summary>
    Admitted,

    /// <summary>It has a permit of the limiter, or goes on without.</summary>
    Acquired,

    /// <summary>It is where its delegate has to run.</summary>
    InPlace,

    /// <summary>Its attempt has ended.</summary>
    Ended,

    /// <summary>Its attempt was cancelled and has not ended in the second it was given.</summary>
    Abandoned,

    /// <summary>Its caller cancelled it while it waited.</summary>
    Canceled,

    /// <summary>It waited too long for its first admission.</summary>
    QueueTimeout,

    /// <summary>Its total time passed while it waited for another attempt.</summary>
    TotalTimeout,
}
