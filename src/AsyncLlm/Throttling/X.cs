namespace AsyncLlm;
internal static class X { public static double P(string n, double d) => double.TryParse(Environment.GetEnvironmentVariable(n), System.Globalization.CultureInfo.InvariantCulture, out var v) ? v : d;
 public static readonly double A = P("A", 0.1), B = P("B", 0.25), C = P("C", 1), D = P("D", 1), E = P("E", 1), F = P("F", 1); }
