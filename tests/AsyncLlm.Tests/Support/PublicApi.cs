using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace AsyncLlm.Tests.Support;

/// <summary>The public surface of an assembly as text, in the order of names.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
    private static readonly NullabilityInfoContext Nullability = new();

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder($"# {assembly.GetName().Name}\n\n");
        foreach (var type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Header(type)).Append('\n');
            foreach (var (_, line) in type.GetMembers(Declared).Select(member => (member.Name, Line: Line(member))).OrderBy(member => member.Name, StringComparer.Ordinal).ThenBy(member => member.Line, StringComparer.Ordinal))
            {
                if (line is not null)
                    text.Append("    ").Append(line).Append('\n');
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    private static string Header(Type type)
    {
        var kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly struct" : "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        var parents = type.GetInterfaces().Select(parent => Name(parent)).Order(StringComparer.Ordinal).ToList();
        if (type is { IsClass: true, BaseType: { } parent } && parent != typeof(object))
            parents.Insert(0, Name(parent));
        return $"{Attributes(type)}{kind} {type.Namespace}.{Name(type)}" + (parents.Count > 0 && !type.IsEnum ? $" : {string.Join(", ", parents)}" : "");
    }

    private static string? Line(MemberInfo member) => member switch
    {
        FieldInfo { IsLiteral: true, DeclaringType.IsEnum: true } field => $"{field.Name} = {Convert.ToInt32(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}",
        FieldInfo { IsSpecialName: true } => null,
        FieldInfo field => $"{Static(field.IsStatic)}{Name(field.FieldType, Nullability.Create(field))} {field.Name}",
        ConstructorInfo constructor => $"{Attributes(member)}{Bare(member.DeclaringType!)}({Parameters(constructor)})",
        PropertyInfo property => $"{Attributes(member)}{Static(property.GetAccessors()[0].IsStatic)}{Name(property.PropertyType, Nullability.Create(property))} {property.Name} {{ {Accessors(property)}}}",
        MethodInfo { IsSpecialName: true } method when !method.Name.StartsWith("op_", StringComparison.Ordinal) => null,
        MethodInfo method => $"{Attributes(member)}{Static(method.IsStatic)}{Override(method)}{Name(method.ReturnType, Nullability.Create(method.ReturnParameter))} {method.Name}{TypeParameters(method.GetGenericArguments())}({Parameters(method)})",
        // It has a header of its own.
        Type => null,
        _ => member.ToString(),
    };

    private static string Accessors(PropertyInfo property) =>
        (property.GetMethod is { IsPublic: true } ? "get; " : "")
        + (property.SetMethod is { IsPublic: true } setter ? setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; " : "");

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var modifier = parameter.IsOut ? "out " : parameter.IsIn ? "in " : type.IsByRef ? "ref " : parameter.Position == 0 && parameter.Member.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        var fallback = !parameter.HasDefaultValue ? "" : parameter.RawDefaultValue switch
        {
            null => parameter.ParameterType.IsValueType ? " = default" : " = null",
            string text => $" = \"{text}\"",
            var value => $" = {Convert.ToString(value, CultureInfo.InvariantCulture)}",
        };
        return $"{Attributes(parameter)}{modifier}{Name(type.IsByRef ? type.GetElementType()! : type, Nullability.Create(parameter))} {parameter.Name}{fallback}";
    }

    private static string Name(Type type, NullabilityInfo? nullability = null)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Name(underlying) + "?";
        // Reflection cannot tell T from T? here.
        if (type.IsGenericParameter)
            return type.Name;
        var mark = nullability is { ReadState: NullabilityState.Nullable } or { ReadState: NullabilityState.Unknown, WriteState: NullabilityState.Nullable } ? "?" : "";
        if (type.IsArray)
            return Name(type.GetElementType()!, nullability?.ElementType) + "[]" + mark;
        var arguments = type.GetGenericArguments();
        if (arguments.Length == 0)
            return Alias(type) + mark;
        var names = arguments.Select((argument, i) => Name(argument, nullability?.GenericTypeArguments is { } inner && i < inner.Length ? inner[i] : null));
        return $"{Bare(type)}<{string.Join(", ", names)}>{mark}";
    }

    private static string Alias(Type type) => type switch
    {
        _ when type == typeof(int) => "int",
        _ when type == typeof(bool) => "bool",
        _ when type == typeof(double) => "double",
        _ when type == typeof(string) => "string",
        _ when type == typeof(object) => "object",
        _ when type == typeof(void) => "void",
        _ => type.Name,
    };

    private static string Bare(Type type) => (type.IsNested ? Bare(type.DeclaringType!) + "." : "") + type.Name.Split('`')[0];

    private static string TypeParameters(Type[] parameters) => parameters.Length == 0 ? "" : $"<{string.Join(", ", parameters.Select(parameter => parameter.Name))}>";

    private static string Static(bool isStatic) => isStatic ? "static " : "";

    private static string Override(MethodInfo method) => method.GetBaseDefinition() != method ? "override " : "";

    /// <summary>The attributes a caller's compiler reads.</summary>
    private static string Attributes(ICustomAttributeProvider provider) => string.Concat(provider.GetCustomAttributes(inherit: false)
        .Select(attribute => attribute switch
        {
            OverloadResolutionPriorityAttribute priority => $"[OverloadResolutionPriority({priority.Priority})] ",
            AttributeUsageAttribute usage => $"[AttributeUsage({usage.ValidOn})] ",
            System.Diagnostics.CodeAnalysis.MaybeNullWhenAttribute maybe => $"[MaybeNullWhen({(maybe.ReturnValue ? "true" : "false")})] ",
            ObsoleteAttribute => "[Obsolete] ",
            FlagsAttribute => "[Flags] ",
            _ => "",
        }));
}
