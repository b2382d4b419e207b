using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>ALLM3003 at <c>AddStandardResilienceHandler</c>, whose attempts end after 10 s.</summary>
public class ResilienceHandlerTests() : FixTests("ALLM3003")
{
    [Theory]
    [InlineData("services.AddHttpClient(\"llm\").[|AddStandardResilienceHandler|]();")]
    [InlineData("services.AddHttpClient(\"llm\", http => http.BaseAddress = new Uri(\"https://llm\")).ConfigureHttpClient(http => { }).[|AddStandardResilienceHandler|]();")]
    [InlineData("var http = services.AddHttpClient(\"llm\"); http.[|AddStandardResilienceHandler|]();")]
    [InlineData("services.AddHttpClient(\"llm\").[|AddStandardResilienceHandler|](options => options.Retry.MaxRetryAttempts = 5);")]
    [InlineData("services.AddHttpClient(\"llm\").[|AddStandardResilienceHandler|](options => options.TotalRequestTimeout.Timeout = TimeSpan.FromMinutes(5));")]
    [InlineData("services.AddHttpClient(\"llm\").[|AddStandardResilienceHandler|]().Configure(options => options.Retry.MaxRetryAttempts = 5);")]
    [InlineData("services.AddHttpClient(\"llm\").[|AddStandardResilienceHandler|]().SelectPipelineByAuthority();")]
    [InlineData("services.ConfigureHttpClientDefaults(http => http.[|AddStandardResilienceHandler|]());")]
    [InlineData("services.ConfigureHttpClientDefaults(http => { http.[|AddStandardResilienceHandler|](); });")]
    public Task Reports_the_handler_of_a_named_client_that_a_model_client_is_made_with(string registration) => ReportsAsync(Named(registration));

    [Theory]
    [InlineData("services.AddHttpClient(\"other\").AddStandardResilienceHandler();")]
    [InlineData("services.AddHttpClient(text).AddStandardResilienceHandler();")]
    [InlineData("Add(services.AddHttpClient(\"llm\")); static void Add(IHttpClientBuilder http) => http.AddStandardResilienceHandler();")]
    [InlineData("services.AddHttpClient(\"llm\").AddResilienceHandler(\"own\", pipeline => pipeline.AddTimeout(TimeSpan.FromSeconds(10)));")]
    [InlineData("services.AddHttpClient<Weather>().AddStandardResilienceHandler();")]
    public Task Silent_where_no_model_client_is_known_to_use_it(string registration) => SilentAsync(Named(registration));

    [Theory]
    [InlineData("services.AddHttpClient(\"llm\").AddStandardResilienceHandler(options => options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(90));")]
    [InlineData("services.AddHttpClient(\"llm\").AddStandardResilienceHandler(options => { options.AttemptTimeout = new() { Timeout = TimeSpan.FromSeconds(90) }; });")]
    [InlineData("services.AddHttpClient(\"llm\").AddStandardResilienceHandler().Configure(options => options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(90));")]
    [InlineData("services.AddHttpClient(\"llm\").AddStandardResilienceHandler(options => Fill(options));")]
    [InlineData("services.AddHttpClient(\"llm\").AddStandardResilienceHandler(Fill);")]
    [InlineData("services.AddHttpClient(\"llm\").AddStandardResilienceHandler(section);")]
    [InlineData("services.AddHttpClient(\"llm\").AddStandardResilienceHandler().Configure(section);")]
    [InlineData("var handler = services.AddHttpClient(\"llm\").AddStandardResilienceHandler(); handler.Configure(Fill);")]
    [InlineData("services.AddHttpClient(\"llm\").AddStandardResilienceHandler(); services.Configure<HttpStandardResilienceOptions>(\"llm-standard\", Fill);")]
    public Task Silent_where_the_timeout_is_chosen_or_may_be(string registration) => SilentAsync(Named(registration));

    [Fact]
    public Task Reports_the_handler_of_a_typed_client() => ReportsAsync("""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using System.Net.Http;
        using Microsoft.Extensions.DependencyInjection;
        using OpenAI;
        using OpenAI.Chat;

        static class Setup
        {
            public static void Add(IServiceCollection services)
            {
                services.AddHttpClient<IAnswers, Answers>().[|AddStandardResilienceHandler|]();
                services.AddHttpClient<Weather>().AddStandardResilienceHandler();
            }
        }

        interface IAnswers;

        class Answers(HttpClient http) : IAnswers
        {
            private readonly ChatClient client = new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(http) });

            public Task Ask(string question) => client.CompleteChatAsync(question);
        }

        class Weather(HttpClient http)
        {
            public Task<string> Now() => http.GetStringAsync("https://weather");
        }
        """);

    [Fact]
    public Task Reports_the_handler_of_a_client_that_is_a_typed_client_itself() => ReportsAsync("""
        using Microsoft.Extensions.DependencyInjection;
        using OllamaSharp;

        static class Setup
        {
            public static void Add(IServiceCollection services) => services.AddHttpClient<OllamaApiClient>().[|AddStandardResilienceHandler|]();
        }

        class Answers(OllamaApiClient client)
        {
            public Task Ask() => client.EmbedAsync(new());
        }
        """);

    [Theory]
    [InlineData("services.ConfigureHttpClientDefaults(http => http.[|AddStandardResilienceHandler|]()); services.AddOpenAIChatCompletion(\"m\", \"k\");")]
    [InlineData("services.AddKernel().AddOpenAIChatCompletion(\"m\", \"k\"); services.ConfigureHttpClientDefaults(http => http.[|AddStandardResilienceHandler|]());")]
    [InlineData("services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler()); services.AddKernel().AddOpenAIChatCompletion(\"m\", \"k\", httpClient: new HttpClient());")]
    [InlineData("services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler()); services.AddSingleton(Kernel.CreateBuilder().AddOpenAIChatCompletion(\"m\", \"k\").Build());")]
    [InlineData("services.AddHttpClient(\"m\").AddStandardResilienceHandler(); services.AddOpenAIChatCompletion(\"m\", \"k\");")]
    public Task Reports_the_defaults_that_a_registered_client_gets(string registrations) => ReportsAsync($$"""
        using System.Net.Http;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.SemanticKernel;
        using Microsoft.SemanticKernel.ChatCompletion;

        static class Setup
        {
            public static void Add(IServiceCollection services)
            {
                {{registrations}}
            }
        }

        class Answers(Kernel kernel)
        {
            public Task Ask(string question) => kernel.InvokePromptAsync(question);
        }
        """);

    /// <summary>What a kernel that is built here has in its services, no other container has.</summary>
    [Theory]
    [InlineData("var builder = Kernel.CreateBuilder(); builder.Services.ConfigureHttpClientDefaults(http => http.[|AddStandardResilienceHandler|]()); builder.AddOpenAIChatCompletion(\"m\", \"k\"); await builder.Build().InvokePromptAsync(\"?\");", "")]
    [InlineData("var builder = Kernel.CreateBuilder(); builder.Services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler()); builder.Build();", "var builder = Kernel.CreateBuilder(); builder.AddOpenAIChatCompletion(\"m\", \"k\"); await builder.Build().InvokePromptAsync(\"?\");")]
    [InlineData("var builder = Kernel.CreateBuilder(); builder.Services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler()); builder.Build();", "await new OpenAIChatCompletionService(\"m\", \"k\", httpClient: factory.CreateClient()).GetChatMessageContentAsync(\"?\");")]
    [InlineData("Kernel.CreateBuilder().Build();", "services.ConfigureHttpClientDefaults(http => http.[|AddStandardResilienceHandler|]()); await new OpenAIChatCompletionService(\"m\", \"k\", httpClient: factory.CreateClient()).GetChatMessageContentAsync(\"?\");")]
    public Task Tells_containers_apart(string one, string other) => ReportsAsync($$"""
        using System.Net.Http;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.SemanticKernel;
        using Microsoft.SemanticKernel.ChatCompletion;
        using Microsoft.SemanticKernel.Connectors.OpenAI;

        static class Setup
        {
            public static async Task One() { await Task.Yield(); {{one}} }

            public static async Task Other(IServiceCollection services, IHttpClientFactory factory) { await Task.Yield(); {{other}} }
        }
        """);

    [Theory]
    [InlineData(
        "services.AddHttpClient(\"llm\") // ours\n    .[|AddStandardResilienceHandler|](); // robust",
        """
        services.AddHttpClient("llm") // ours
            .AddStandardResilienceHandler(options =>
            {
                options.AttemptTimeout.Timeout = TimeSpan.FromMinutes(2);
                options.TotalRequestTimeout.Timeout = TimeSpan.FromMinutes(5);
                options.CircuitBreaker.SamplingDuration = TimeSpan.FromMinutes(4);
            }); // robust
        """)]
    [InlineData(
        "services.AddHttpClient(\"llm\").[|AddStandardResilienceHandler|](o => o.Retry.MaxRetryAttempts = 5 /* more */);",
        """
        services.AddHttpClient("llm").AddStandardResilienceHandler(o =>
        {
            o.AttemptTimeout.Timeout = TimeSpan.FromMinutes(2);
            o.TotalRequestTimeout.Timeout = TimeSpan.FromMinutes(5);
            o.CircuitBreaker.SamplingDuration = TimeSpan.FromMinutes(4);
            o.Retry.MaxRetryAttempts = 5 /* more */;
        });
        """)]
    [InlineData(
        """
        services.AddHttpClient("llm").[|AddStandardResilienceHandler|](options =>
        {
            // more
            options.Retry.MaxRetryAttempts = 5;
        });
        """,
        """
        services.AddHttpClient("llm").AddStandardResilienceHandler(options =>
        {
            options.AttemptTimeout.Timeout = TimeSpan.FromMinutes(2);
            options.TotalRequestTimeout.Timeout = TimeSpan.FromMinutes(5);
            options.CircuitBreaker.SamplingDuration = TimeSpan.FromMinutes(4);
            // more
            options.Retry.MaxRetryAttempts = 5;
        });
        """)]
    public Task Chooses_timeouts_that_agree(string registration, string fixedRegistration) => FixesAsync(Named(registration), Named(fixedRegistration));

    [Fact]
    public Task Writes_the_times_of_the_options() => FixesAsync(
        Named("services.AddHttpClient(\"llm\").[|AddStandardResilienceHandler|]();"),
        Named("""
            services.AddHttpClient("llm").AddStandardResilienceHandler(options =>
            {
                options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(45);
                options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(90);
                options.CircuitBreaker.SamplingDuration = TimeSpan.FromSeconds(90);
            });
            """),
        options: [("async_llm.attempt_timeout_seconds", "45"), ("async_llm.timeout_seconds", "50")]);

    [Theory]
    [InlineData("services.AddHttpClient(\"llm\").[|AddStandardResilienceHandler|](options => options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(60));")]
    [InlineData("services.AddHttpClient(\"llm\").[|AddStandardResilienceHandler|](options => { options.CircuitBreaker.SamplingDuration = TimeSpan.FromSeconds(60); });")]
    public Task Offers_no_fix_where_one_of_the_times_is_set(string registration) => OffersNoFixAsync(Named(registration));

    /// <summary>What the message says, and that the times the fix writes pass the library's own check.</summary>
    [Fact]
    public void Times_are_those_of_the_library()
    {
        var defaults = new HttpStandardResilienceOptions();
        Assert.Equal((10.0, 30.0, 3), (defaults.AttemptTimeout.Timeout.TotalSeconds, defaults.TotalRequestTimeout.Timeout.TotalSeconds, defaults.Retry.MaxRetryAttempts));
        Create(attempt: 120, total: 300, sampling: 240);
        Create(attempt: 45, total: 90, sampling: 90);
        Assert.Throws<OptionsValidationException>(() => Create(attempt: 120, total: 300, sampling: 239));
        Assert.Throws<OptionsValidationException>(() => Create(attempt: 120, total: 119, sampling: 240));
    }

    private static void Create(int attempt, int total, int sampling)
    {
        var services = new ServiceCollection();
        services.AddHttpClient("llm").AddStandardResilienceHandler(options =>
        {
            options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(attempt);
            options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(total);
            options.CircuitBreaker.SamplingDuration = TimeSpan.FromSeconds(sampling);
        });
        using var provider = services.BuildServiceProvider();
        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("llm");
    }

    private static string Named(string registration) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using System.Net.Http;
        using Microsoft.Extensions.Configuration;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Http.Resilience;
        using OpenAI;
        using OpenAI.Chat;
        using Polly;

        static class Setup
        {
            public static void Add(IServiceCollection services, string text, IConfigurationSection section)
            {
                {{registration.ReplaceLineEndings("\n        ")}}
            }

            private static void Fill(HttpStandardResilienceOptions options) { }
        }

        class Weather(HttpClient http)
        {
            public Task<string> Now() => http.GetStringAsync("https://weather");
        }

        class Answers(IHttpClientFactory factory)
        {
            private ChatClient Client() => new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(factory.CreateClient("llm")) });

            public Task Ask(string question) => Client().CompleteChatAsync(question);
        }
        """;
}
