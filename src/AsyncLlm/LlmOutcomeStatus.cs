namespace AsyncLlm;

/// <summary>What became of an item.</summary>
public enum LlmOutcomeStatus
{
    /// <summary>The group ended before the item's call started: nothing was sent.</summary>
    NotStarted = 0,

    /// <summary>The call returned.</summary>
    Succeeded,

    /// <summary>The call failed on its own, or took longer than <see cref="LlmBatchOptions.CallTimeout"/>.</summary>
    Failed,

    /// <summary>
    /// The call was running when the group was stopped: by the caller's token, the deadline, a failure elsewhere or <see cref="LlmBatchOptions.StopWhen"/>.
    /// What it threw then is inside its error; what it returned then has been paid for and is a success.
    /// </summary>
    Canceled,
}
