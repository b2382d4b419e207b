using AsyncLlm.Tests.Support;

namespace AsyncLlm.Tests;

public sealed class AotAppTests
{
    /// <summary>So that a new member makes this fail until the program that is compiled ahead of time uses it too.</summary>
    [Fact]
    public void The_program_that_is_compiled_ahead_of_time_uses_every_public_member()
    {
        var declared = MemberReferences.DeclaredBy(Path.Combine(AppContext.BaseDirectory, "AsyncLlm.dll")).ToList();
        var used = MemberReferences.UsedBy(Path.Combine(AppContext.BaseDirectory, "AsyncLlm.AotApp.dll"));
        var unused = declared.Except(used).Order(StringComparer.Ordinal).ToList();

        Assert.InRange(declared.Count, 150, int.MaxValue);
        Assert.True(unused.Count == 0, $"tests/AsyncLlm.AotApp does not use:\n{string.Join('\n', unused)}");
    }
}
