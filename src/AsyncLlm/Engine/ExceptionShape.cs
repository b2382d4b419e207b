using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace AsyncLlm;

/// <summary>Where the exceptions of one type keep status, headers and body, found by name: the libraries that declare them are not referenced.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = NothingBreaks)]
[UnconditionalSuppressMessage("Trimming", "IL2075", Justification = NothingBreaks)]
internal sealed class ExceptionShape
{
    private const string NothingBreaks = "A member that was trimmed is not found, and the message is read instead.";

    private static readonly ConditionalWeakTable<Type, ExceptionShape> Shapes = [];

    private readonly string _name;
    private readonly PropertyInfo? _status;
    private readonly PropertyInfo[] _texts;
    private readonly PropertyInfo? _headers;
    private readonly MethodInfo? _rawResponse;
    private readonly PropertyInfo? _rawHeaders;
    private readonly MethodInfo? _rawHeader;

    private ExceptionShape(Type type)
    {
        _name = type.Name;
        _status = Find(type, ["Status", "StatusCode", "ResponseStatusCode"], IsStatus).FirstOrDefault();
        _texts = [.. Find(type, ["ErrorCode", "ResponseBody", "ResponseContent", "Response", "Content"], static found => found == typeof(string))];
        _headers = Find(type, ["Headers", "ResponseHeaders"], static found => found.IsAssignableTo(typeof(IEnumerable<KeyValuePair<string, IEnumerable<string>>>))).FirstOrDefault();
        _rawResponse = type.GetMethod("GetRawResponse", Type.EmptyTypes);
        _rawHeaders = _rawResponse?.ReturnType.GetProperty("Headers");
        _rawHeader = _rawHeaders?.PropertyType.GetMethod("TryGetValue", [typeof(string), typeof(string).MakeByRefType()]);
    }

    public static ExceptionShape Of(Exception exception) => Shapes.GetValue(exception.GetType(), static type => new(type));

    /// <summary>The status code of the answer, if it is one of an error.</summary>
    public int? Status(Exception exception)
    {
        var status = Get(_status, exception) switch
        {
            int number => number,
            HttpStatusCode code => (int)code,
            _ => (int?)(exception as HttpRequestException)?.StatusCode,
        };
        return status is >= 400 and <= 599 ? status : null;
    }

    /// <summary>The message, the name of the type, and what other text there is.</summary>
    public string Text(Exception exception) => string.Join('\n', [exception.Message, _name, .. _texts.Select(text => Get(text, exception) as string)]);

    /// <summary>The headers of the answer, by their name.</summary>
    public Func<string, string?> Headers(Exception exception)
    {
        if (Get(_headers, exception) is IEnumerable<KeyValuePair<string, IEnumerable<string>>> headers)
            return name => headers.FirstOrDefault(header => name.Equals(header.Key, StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault();
        if (_rawHeader is null || Invoke(_rawResponse, exception) is not { } response || Get(_rawHeaders, response) is not { } rawHeaders)
            return static _ => null;
        return name =>
        {
            object?[] arguments = [name, null];
            Invoke(_rawHeader, rawHeaders, arguments);
            return arguments[1] as string;
        };
    }

    /// <summary>The first property of each name that has the type, from the most derived class on: a class may hide what it inherits.</summary>
    private static IEnumerable<PropertyInfo> Find(Type type, string[] names, Func<Type, bool> hasType) =>
        from name in names
        let found = Classes(type)
            .Select(declaring => declaring.GetProperty(name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .FirstOrDefault(property => property is not null && hasType(property.PropertyType))
        where found is not null
        select found;

    private static IEnumerable<Type> Classes(Type type)
    {
        for (var current = type; current is not null && current != typeof(Exception); current = current.BaseType)
            yield return current;
    }

    private static bool IsStatus(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is var bare && (bare == typeof(int) || bare == typeof(HttpStatusCode));

    private static object? Get(PropertyInfo? property, object target) => Invoke(property?.GetMethod, target);

    private static object? Invoke(MethodInfo? method, object target, object?[]? arguments = null)
    {
        try
        {
            return method?.Invoke(target, arguments);
        }
        // A member that throws, or that a trimmed program cannot call, says nothing.
        catch (Exception)
        {
            return null;
        }
    }
}
