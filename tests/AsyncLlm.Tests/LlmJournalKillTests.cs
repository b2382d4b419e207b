using System.Diagnostics;
using System.Globalization;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class LlmJournalKillTests : IDisposable
{
    private const int Count = 1_500;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string Journal => Path.Combine(_folder.FullName, "batch.journal");

    private string Ledger => Path.Combine(_folder.FullName, "payments");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public Task A_batch_killed_again_and_again_pays_for_no_reported_item_twice_and_loses_none() => Run(async () =>
    {
        var kept = new HashSet<int>();
        var paid = 0;
        foreach (var killAt in new[] { 0, 1, 30, 200, 201, 600, 1_100 })
        {
            var reported = await RunUntilAsync(killAt);
            AssertNothingKeptWasPaid();
            kept.UnionWith(Kept());
            Assert.True(kept.Count >= reported, $"{reported} items were reported, {kept.Count} are in the journal.");
        }
        Assert.InRange(kept.Count, 1_100, Count - 1);

        using var last = Start(null);
        while (await last.StandardOutput.ReadLineAsync() is not null) ;
        await last.WaitForExitAsync();
        Assert.Equal(0, last.ExitCode);
        AssertNothingKeptWasPaid();
        Assert.Equal(Enumerable.Range(0, Count), Kept().Order());
        Assert.Equal(Enumerable.Range(0, Count), Payments().Distinct().Order());

        void AssertNothingKeptWasPaid()
        {
            var payments = Payments();
            Assert.DoesNotContain(payments.Skip(paid), kept.Contains);
            paid = payments.Count;
        }
    });

    [Fact]
    public Task While_another_process_has_it_open_nobody_can_open_it() => Run(async () =>
    {
        using var batch = Start(stopAt: 1);
        try
        {
            await batch.StandardOutput.ReadLineAsync();
            Assert.ThrowsAny<IOException>(() => LlmJournal<int, string>.Open(Journal, item => $"{item}", TestJson.Default.String));
        }
        finally
        {
            batch.Kill();
        }
        await batch.WaitForExitAsync();

        // Not the lock: the type.
        Assert.Throws<InvalidDataException>(() => LlmJournal<int, string>.Open(Journal, item => $"{item}", TestJson.Default.String));
    });

    private async Task<int> RunUntilAsync(int killAt)
    {
        using var batch = Start(killAt);
        var reported = 0;
        if (killAt == 0)
            while (Payments().Count == 0)
                await Task.Yield();
        else
            while (reported < killAt)
                reported = int.Parse((await batch.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        // SIGKILL: nothing of the process runs after it.
        batch.Kill();
        await batch.WaitForExitAsync();
        while (await batch.StandardOutput.ReadLineAsync() is { } line)
            reported = int.TryParse(line, CultureInfo.InvariantCulture, out var number) ? Math.Max(reported, number) : reported;
        return reported;
    }

    private Process Start(int? stopAt) => Process.Start(
        new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "AsyncLlm.AotApp.dll"), "batch", Journal, Ledger, $"{Count}", $"{stopAt}"])
        {
            RedirectStandardOutput = true,
        })!;

    private List<int> Payments()
    {
        if (!File.Exists(Ledger))
            return [];
        using var reader = new StreamReader(new FileStream(Ledger, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. reader.ReadToEnd().Split('\n')[..^1].Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
    }

    /// <summary>The items the file has, read as anybody could: a line that was torn off has no end.</summary>
    private IEnumerable<int> Kept() =>
        File.ReadAllText(Journal).Split('\n')[1..^1].Select(line => int.Parse(line.Split("\"item ")[1].Split('"')[0], CultureInfo.InvariantCulture));
}
