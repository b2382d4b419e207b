using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace AsyncLlm.Tests.Support;

/// <summary>The methods, constructors and accessors that compiled code declares or uses, as text.</summary>
internal static class MemberReferences
{
    /// <summary>What an assembly offers. What a struct overrides of <see cref="object"/> is left out: calls of it name <see cref="object"/>.</summary>
    public static IEnumerable<string> DeclaredBy(string assembly) => Read(assembly, reader =>
        from type in reader.TypeDefinitions.Select(reader.GetTypeDefinition)
        where IsPublic(reader, type)
        from handle in type.GetMethods()
        let method = reader.GetMethodDefinition(handle)
        where (method.Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public
        let name = reader.GetString(method.Name)
        where name is not ("ToString" or "GetHashCode") && !(name == "Equals" && method.DecodeSignature(new Names(), null).ParameterTypes is ["Object"])
        select Text(Name(reader, type), name, method.DecodeSignature(new Names(), null)));

    /// <summary>What an assembly uses of others.</summary>
    public static IEnumerable<string> UsedBy(string assembly) => Read(assembly, reader =>
        from handle in reader.MemberReferences
        let member = reader.GetMemberReference(handle)
        where member.GetKind() == MemberReferenceKind.Method
        let parent = member.Parent.Kind switch
        {
            HandleKind.TypeReference => Name(reader, reader.GetTypeReference((TypeReferenceHandle)member.Parent)),
            HandleKind.TypeSpecification => reader.GetTypeSpecification((TypeSpecificationHandle)member.Parent).DecodeSignature(new Names(), null).Split('<')[0],
            _ => "",
        }
        select Text(parent, reader.GetString(member.Name), member.DecodeMethodSignature(new Names(), null)));

    private static List<string> Read(string assembly, Func<MetadataReader, IEnumerable<string>> select)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        return select(file.GetMetadataReader()).ToList();
    }

    private static string Text(string type, string name, MethodSignature<string> signature) =>
        $"{type}.{name}{(signature.GenericParameterCount > 0 ? $"`{signature.GenericParameterCount}" : "")}({string.Join(", ", signature.ParameterTypes)})";

    private static bool IsPublic(MetadataReader reader, TypeDefinition type) => (type.Attributes & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.Public => true,
        TypeAttributes.NestedPublic => IsPublic(reader, reader.GetTypeDefinition(type.GetDeclaringType())),
        _ => false,
    };

    private static string Name(MetadataReader reader, TypeDefinition type) => reader.GetString(type.Name);

    private static string Name(MetadataReader reader, TypeReference type) => reader.GetString(type.Name);

    private sealed class Names : ISignatureTypeProvider<string, object?>
    {
        public string GetArrayType(string elementType, ArrayShape shape) => elementType + "[,]";

        public string GetByReferenceType(string elementType) => elementType + "&";

        public string GetFunctionPointerType(MethodSignature<string> signature) => "function";

        public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => $"{genericType}<{string.Join(", ", typeArguments)}>";

        public string GetGenericMethodParameter(object? genericContext, int index) => $"!!{index}";

        public string GetGenericTypeParameter(object? genericContext, int index) => $"!{index}";

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

        public string GetPinnedType(string elementType) => elementType;

        public string GetPointerType(string elementType) => elementType + "*";

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Name(reader, reader.GetTypeDefinition(handle));

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Name(reader, reader.GetTypeReference(handle));

        public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);
    }
}
