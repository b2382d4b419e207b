namespace AsyncLlm;

/// <summary>When a group stops before every item is done: Python's <c>return_when</c> of <c>asyncio.wait</c>.</summary>
public enum LlmStopWhen
{
    /// <summary>Every item is done (<c>ALL_COMPLETED</c>).</summary>
    AllCompleted = 0,

    /// <summary>One call has succeeded or failed (<c>FIRST_COMPLETED</c>).</summary>
    FirstCompleted,

    /// <summary>One call has failed (<c>FIRST_EXCEPTION</c>).</summary>
    FirstFailed,
}
