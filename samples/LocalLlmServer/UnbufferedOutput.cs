using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace LocalLlm;

/// <summary>A connection on which what was flushed has left the process: a reset that follows cannot overtake it.</summary>
internal static class UnbufferedOutput
{
    public static ConnectionDelegate Use(ConnectionDelegate next) => async connection =>
    {
        var transport = connection.Transport;
        await using var stream = new NetworkStream(connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket, ownsSocket: false);
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        connection.Transport = new Transports(transport.Input, output);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
        }
    };

    private sealed record Transports(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
