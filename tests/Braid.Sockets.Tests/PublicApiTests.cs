using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Braid.Sockets.Tests;

/// <summary><c>docs/api</c>: what programs may rely on. Whoever changes it sees that he does.</summary>
public sealed class PublicApiTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(char)] = "char",
        [typeof(decimal)] = "decimal",
    };

    private readonly NullabilityInfoContext _nullability = new();

    [Theory]
    [InlineData("Braid.Core")]
    [InlineData("Braid.Dtls")]
    [InlineData("Braid.Sctp")]
    [InlineData("Braid.Ice")]
    [InlineData("Braid.Sockets")]
    [InlineData("Braid.Simulation")]
    [InlineData("Braid.WebRtc")]
    public void The_public_members_of_a_library_are_those_that_are_written_down(string library)
    {
        var text = new StringBuilder();
        foreach (Type type in Assembly.Load(library).GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Declare(type)).Append('\n');
            foreach (string member in MembersOf(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }
        }

        SourceTree.AssertUpToDate($"docs/api/{library}.txt", text.ToString());
    }

    [Theory]
    [InlineData("Braid.Core")]
    [InlineData("Braid.Dtls")]
    [InlineData("Braid.Sctp")]
    [InlineData("Braid.Ice")]
    [InlineData("Braid.Sockets")]
    [InlineData("Braid.Simulation")]
    [InlineData("Braid.WebRtc")]
    public void A_library_can_be_trimmed_and_compiled_ahead_of_time(string library) =>
        Assert.Contains(Assembly.Load(library).GetCustomAttributes<AssemblyMetadataAttribute>(), data => data is { Key: "IsTrimmable", Value: "True" });

    private static string Declare(Type type)
    {
        string kind = IsDelegate(type) ? "delegate"
            : type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : (type.IsValueType ? "struct" : "class");
        bool isRecord = type.GetMethod("PrintMembers", Declared) is not null;
        bool isReadOnly = type.IsValueType && type.IsDefined(typeof(IsReadOnlyAttribute), false);
        string modifiers = (type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract && type.IsClass ? "abstract " : type.IsSealed && type.IsClass && !IsDelegate(type) ? "sealed " : "")
            + (isReadOnly ? "readonly " : "") + (type.IsByRefLike ? "ref " : "") + (isRecord ? "record " : "");
        IEnumerable<string> bases = type.IsEnum || IsDelegate(type)
            ? []
            : type.GetInterfaces().Where(i => !i.Name.StartsWith("IEquatable", StringComparison.Ordinal)).Select(i => Name(i)).Order(StringComparer.Ordinal);
        if (type.IsClass && type.BaseType is { } parent && parent != typeof(object) && !IsDelegate(type))
        {
            bases = bases.Except(parent.GetInterfaces().Select(i => Name(i))).Prepend(Name(parent));
        }

        string inherits = string.Join(", ", bases);
        return $"{modifiers}{kind} {type.Namespace}.{Name(type, isDeclaration: true)}{(inherits.Length > 0 ? " : " : "")}{inherits}";
    }

    private IEnumerable<string> MembersOf(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)}");
        }

        if (IsDelegate(type))
        {
            return [Method(type.GetMethod("Invoke")!)];
        }

        return type.GetFields(Declared).Where(IsVisible).Select(Field)
            .Concat(type.GetProperties(Declared).Where(property => IsVisible(property.GetMethod) || IsVisible(property.SetMethod)).Where(IsWritten).Select(Property))
            .Concat(type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod)).Select(e => $"event {Name(e.EventHandlerType!)} {e.Name}"))
            .Concat(type.GetConstructors(Declared).Where(IsVisible).Where(IsWritten).Select(c => $"{Access(c)}{Simple(type)}({Parameters(c)})"))
            .Concat(type.GetMethods(Declared).Where(IsVisible).Where(IsWritten).Where(m => !m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal)).Select(Method));
    }

    private string Field(FieldInfo field)
    {
        string modifiers = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
        string value = field.IsLiteral ? $" = {Literal(field.GetRawConstantValue(), field.FieldType)}" : "";
        return $"{(field.IsFamily ? "protected " : "")}{modifiers}{Annotated(field.FieldType, _nullability.Create(field))} {field.Name}{value}";
    }

    private string Property(PropertyInfo property)
    {
        MethodInfo accessor = (IsVisible(property.GetMethod) ? property.GetMethod : property.SetMethod)!;
        bool isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ?? false;
        string required = property.IsDefined(typeof(RequiredMemberAttribute), false) ? "required " : "";
        string accessors = (IsVisible(property.GetMethod) ? "get; " : "") + (IsVisible(property.SetMethod) ? (isInit ? "init; " : "set; ") : "");
        string name = property.GetIndexParameters().Length > 0 ? $"this[{Parameters(accessor)}]" : property.Name;
        return $"{Access(accessor)}{required}{Return(property.PropertyType, accessor)} {name} {{ {accessors}}}";
    }

    private string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
        string name = method.DeclaringType!.IsSubclassOf(typeof(Delegate)) ? Simple(method.DeclaringType) : method.Name;
        return $"{Access(method)}{Return(method.ReturnType, method)} {name}{generic}({Parameters(method)})";
    }

    private string Return(Type type, MethodInfo method)
    {
        string readOnly = method.ReturnParameter.IsDefined(typeof(IsReadOnlyAttribute), false) ? "readonly " : "";
        string name = type.IsByRef ? $"ref {readOnly}{Name(type.GetElementType()!)}" : Annotated(type, _nullability.Create(method.ReturnParameter));
        return Named(name, method.ReturnParameter);
    }

    private string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
    {
        Type type = parameter.ParameterType;
        string prefix = !type.IsByRef ? "" : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        string name = Annotated(type.IsByRef ? type.GetElementType()! : type, _nullability.Create(parameter));
        string scoped = parameter.IsDefined(typeof(ParamArrayAttribute), false) ? "params " : "";
        string value = parameter.HasDefaultValue ? $" = {Literal(parameter.DefaultValue, type)}" : "";
        return $"{scoped}{prefix}{Named(name, parameter)} {parameter.Name}{value}";
    }));

    private string Annotated(Type type, NullabilityInfo nullability)
    {
        bool mayBeNull = !type.IsValueType && !type.IsGenericParameter && nullability.ReadState == NullabilityState.Nullable;
        Type[] arguments = type.IsGenericType ? type.GetGenericArguments() : [];
        if (Nullable.GetUnderlyingType(type) is null && !type.IsNested && arguments.Length > 0 && nullability.GenericTypeArguments.Length == arguments.Length)
        {
            IEnumerable<string> inner = arguments.Select((argument, i) => Annotated(argument, nullability.GenericTypeArguments[i]));
            return (IsTuple(type) ? $"({string.Join(", ", inner)})" : $"{Simple(type)}<{string.Join(", ", inner)}>") + (mayBeNull ? "?" : "");
        }

        return Name(type) + (mayBeNull ? "?" : "");
    }

    private static string Name(Type type, bool isDeclaration = false)
    {
        if (s_keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        string outer = type.IsNested ? Name(type.DeclaringType!) + "." : "";
        Type[] arguments = type.GetGenericArguments();
        string simple = Simple(type);
        return outer + (arguments.Length == 0 || !type.Name.Contains('`', StringComparison.Ordinal) ? simple
            : !isDeclaration && IsTuple(type)
                ? $"({string.Join(", ", arguments.Select(a => Name(a)))})"
                : $"{simple}<{string.Join(", ", arguments.Select(a => Name(a)))}>");
    }

    // The names of a tuple are for people, and part of the source's contract.
    private static string Named(string type, ParameterInfo parameter)
    {
        IList<string?>? names = parameter.GetCustomAttribute<TupleElementNamesAttribute>()?.TransformNames;
        return names is null ? type : $"{type} /* {string.Join(", ", names)} */";
    }

    private static string Simple(Type type) => type.Name.Split('`')[0];

    private static string Access(MethodBase method) =>
        (method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "")
        + (method.IsStatic ? "static " : "")
        + (method.DeclaringType!.IsInterface || method.DeclaringType.IsSubclassOf(typeof(Delegate)) ? ""
            : method.IsAbstract ? "abstract "
            : method is MethodInfo m && m.GetBaseDefinition() != m ? "override "
            : method.IsVirtual && !method.IsFinal ? "virtual " : "");

    private static string Literal(object? value, Type type) => value switch
    {
        null => type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static bool IsTuple(Type type) => type.Namespace == "System" && type.Name.StartsWith("ValueTuple`", StringComparison.Ordinal);

    private static bool IsDelegate(Type type) => type.IsSubclassOf(typeof(Delegate));

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static bool IsVisible(MethodBase? method) =>
        method is not null && (method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && !method.DeclaringType!.IsSealed));

    // What the compiler adds to a record goes without saying.
    private static bool IsWritten(MemberInfo member) =>
        !member.IsDefined(typeof(CompilerGeneratedAttribute), false) && member.Name is not ("EqualityContract" or "<Clone>$");
}
