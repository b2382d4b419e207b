global using System;
global using System.Collections.Generic;
global using System.Linq;
global using System.Net.Http;
global using System.Threading;
global using System.Threading.Tasks;
global using AsyncLlm;
global using AsyncLlm.IntegrationTests;

internal partial class Program
{
    private static readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    private static readonly string prompt = "Hello";
}
