using System.Globalization;
using System.Text.Json;

namespace LocalLlm;

/// <summary>What differs between providers besides the answer: errors and rate limit headers.</summary>
internal abstract class Protocol
{
    public static Protocol OpenAI { get; } = new OpenAIProtocol();

    public static Protocol Anthropic { get; } = new AnthropicProtocol();

    public static Protocol Ollama { get; } = new OllamaProtocol();

    /// <summary>The body of an error.</summary>
    /// <param name="code">What went wrong, where the status does not say it.</param>
    public abstract object Error(int status, string message, string? code = null);

    /// <summary>The body of a 429 that no waiting clears.</summary>
    public abstract object OutOfQuota();

    /// <summary>The event of a stream that cannot go on.</summary>
    public abstract string StreamError();

    public abstract void DescribeQuota(IHeaderDictionary headers, int limit, double remaining, TimeSpan reset, DateTimeOffset now);

    protected const string Overloaded = "The server is overloaded.";

    protected static string Text(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);

    private sealed class OpenAIProtocol : Protocol
    {
        public override object Error(int status, string message, string? code = null) => Body(message, status switch
        {
            429 => ("requests", code ?? "rate_limit_exceeded"),
            >= 500 => ("server_error", code),
            401 => ("invalid_request_error", code ?? "invalid_api_key"),
            _ => ("invalid_request_error", code),
        });

        public override object OutOfQuota() =>
            Body("You exceeded your current quota, please check your plan and billing details.", ("insufficient_quota", "insufficient_quota"));

        public override string StreamError() => Sse.Event(Body(Overloaded, ("server_error", null)));

        public override void DescribeQuota(IHeaderDictionary headers, int limit, double remaining, TimeSpan reset, DateTimeOffset now)
        {
            headers["x-ratelimit-limit-requests"] = Text(limit);
            headers["x-ratelimit-remaining-requests"] = Text(Math.Floor(remaining));
            headers["x-ratelimit-reset-requests"] = Duration(reset);
        }

        private static object Body(string message, (string Type, string? Code) kind) =>
            new { error = new { message, type = kind.Type, param = (string?)null, code = kind.Code } };

        /// <summary>OpenAI's way to write a duration: <c>12ms</c>, <c>8.64s</c>, <c>6m0s</c>, <c>1h0m0s</c>.</summary>
        private static string Duration(TimeSpan duration)
        {
            var value = TimeSpan.FromMilliseconds(Math.Ceiling(duration.TotalMilliseconds));
            if (value < TimeSpan.FromSeconds(1))
                return $"{Text(value.TotalMilliseconds)}ms";

            var seconds = Text(value.Seconds + value.Milliseconds / 1000.0) + "s";
            return value switch
            {
                { TotalHours: >= 1 } => $"{(int)value.TotalHours}h{value.Minutes}m{seconds}",
                { TotalMinutes: >= 1 } => $"{value.Minutes}m{seconds}",
                _ => seconds,
            };
        }
    }

    private sealed class AnthropicProtocol : Protocol
    {
        public override object Error(int status, string message, string? code = null) => Body(message, status switch
        {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            504 => "timeout_error",
            529 => "overloaded_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        });

        public override object OutOfQuota() =>
            Body("Your organization has reached the spend limit of its contract.", "rate_limit_error", new { error_code = "contract_spend_limit_reached" });

        public override string StreamError() => Sse.Event(Body(Overloaded, "overloaded_error"), "error");

        public override void DescribeQuota(IHeaderDictionary headers, int limit, double remaining, TimeSpan reset, DateTimeOffset now)
        {
            headers["anthropic-ratelimit-requests-limit"] = Text(limit);
            headers["anthropic-ratelimit-requests-remaining"] = Text(Math.Floor(remaining));
            headers["anthropic-ratelimit-requests-reset"] = (now + reset).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        }

        private static object Body(string message, string type, object? details = null) => new
        {
            type = "error",
            error = details is null ? new { type, message } : (object)new { type, message, details },
            request_id = $"req_{Guid.NewGuid():N}",
        };
    }

    private sealed class OllamaProtocol : Protocol
    {
        public override object Error(int status, string message, string? code = null) => new { error = message };

        /// <summary>A local model has no account; its cloud answers a used up one so.</summary>
        public override object OutOfQuota() => new { error = "you've reached your usage limit, please upgrade to continue" };

        public override string StreamError() => JsonSerializer.Serialize(Error(500, Overloaded)) + '\n';

        public override void DescribeQuota(IHeaderDictionary headers, int limit, double remaining, TimeSpan reset, DateTimeOffset now)
        {
        }
    }
}
