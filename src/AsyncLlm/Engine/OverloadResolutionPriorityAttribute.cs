#if !NET9_0_OR_GREATER
namespace System.Runtime.CompilerServices;

// The compiler knows it by name; .NET 9 is the first to bring it.
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Constructor | AttributeTargets.Property, Inherited = false)]
internal sealed class OverloadResolutionPriorityAttribute(int priority) : Attribute
{
    public int Priority => priority;
}
#endif
