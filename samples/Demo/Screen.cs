using System.Diagnostics;
using Spectre.Console;

namespace Demo;

/// <summary>Shows what goes on and what came out: a spinner and colours on a terminal, plain lines where the output is redirected.</summary>
internal sealed class Screen
{
    private readonly IAnsiConsole _console;

    public Screen(IAnsiConsole console)
    {
        _console = console;
        if (!IsTerminal)
            console.Profile.Width = 500;
    }

    private bool IsTerminal => _console.Profile.Out.IsTerminal;

    public async Task<T> StageAsync<T>(string title, Func<Task<T>> work)
    {
        var watch = Stopwatch.StartNew();
        if (!IsTerminal)
            _console.Write($"{title} ... ");
        var result = IsTerminal ? await _console.Status().StartAsync(Markup.Escape(title), _ => work()) : await work();
        _console.MarkupLineInterpolated(IsTerminal
            ? $"[green]done[/] {title} [grey]({watch.Elapsed.TotalSeconds:0.0} s)[/]"
            : (FormattableString)$"{watch.Elapsed.TotalSeconds:0.0} s");
        return result;
    }

    public void Say(string text) => _console.WriteLine(text);

    public void Heading(string title, string explanation)
    {
        _console.WriteLine();
        _console.MarkupLineInterpolated($"[bold]{title}[/]");
        _console.WriteLine(explanation);
    }

    /// <param name="columns">Those that begin with <c>#</c> hold numbers.</param>
    public void Table(string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table().Border(IsTerminal ? TableBorder.Rounded : TableBorder.Markdown);
        foreach (var column in columns)
            table.AddColumn(new TableColumn(Markup.Escape(column.TrimStart('#'))) { Alignment = column.StartsWith('#') ? Justify.Right : Justify.Left });
        foreach (var row in rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        _console.Write(table);
    }

    /// <summary>Shows every claim and fails when one does not hold.</summary>
    public void Check(params IEnumerable<Claim> claims)
    {
        var all = claims.ToList();
        foreach (var claim in all)
            _console.MarkupLineInterpolated(claim.Holds ? $"[green]yes[/]  {claim.Text}" : (FormattableString)$"[red]NO[/]   {claim.Text}");
        if (all.FirstOrDefault(claim => !claim.Holds) is { } broken)
            throw new StageFailedException("What is marked NO does not hold.", broken.Shown);
    }

    public void Failed(StageFailedException failure)
    {
        _console.MarkupLineInterpolated($"[red]FAILED[/] {failure.Message}");
        if (failure.Run is { } run)
            _console.Profile.Out.Writer.WriteLine(run); // not wrapped
    }
}

/// <param name="Text">A clause that may be true.</param>
/// <param name="Holds">Whether it is.</param>
/// <param name="Shown">The command whose output tells more.</param>
internal sealed record Claim(string Text, bool Holds, Run? Shown = null);
