namespace AsyncLlm;

/// <summary>
/// Tells the analyzers that calling this member sends a request to a model, although its body cannot be seen
/// (another assembly, an interface, a virtual method). The analyzers match it by name, so a project may declare its own copy.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LlmCallAttribute : Attribute;
