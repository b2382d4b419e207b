namespace AsyncLlm;

/// <summary>
/// Tells the analyzers that this member limits how many of its calls, or of the delegates it is given, run at once.
/// The analyzers match it by name, so a project may declare its own copy.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LlmBoundedAttribute : Attribute;
