namespace AsyncLlmAnalyzers.Catalog;

/// <summary>Member names in which '*' stands for any characters.</summary>
internal static class CatalogPattern
{
    public static bool IsGlob(string pattern) => pattern.IndexOf('*') >= 0;

    public static bool IsMatch(string pattern, string name)
    {
        var star = pattern.IndexOf('*');
        if (star < 0)
            return pattern == name;

        var (p, n, mark) = (0, 0, 0);
        star = -1;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
                (star, mark) = (p++, n);
            else if (p < pattern.Length && pattern[p] == name[n])
                (p, n) = (p + 1, n + 1);
            else if (star >= 0)
                (p, n) = (star + 1, ++mark);
            else
                return false;
        }

        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }
}
