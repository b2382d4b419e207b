namespace AsyncLlmAnalyzers.Catalog;

/// <summary>Finds what was probably meant.</summary>
internal static class Spelling
{
    private const int LongestWord = 40;

    /// <summary>The candidate at most two edits away from <paramref name="word"/>, the nearest first; null when there is none.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        if (word.Length > LongestWord)
            return null;

        var (best, fewest) = (default(string), 3);
        foreach (var candidate in candidates)
        {
            var edits = Edits(word, candidate);
            if (edits < fewest && edits < candidate.Length)
                (best, fewest) = (candidate, edits);
        }

        return best;
    }

    private static int Edits(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var substitution = diagonal + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
