using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests;

/// <summary>
/// What the library says of C, a C compiler compares with usrsctp.h and the system's headers: sizes of structures, where their fields are and how long, and
/// the values of constants.
/// </summary>
public sealed class LayoutTests
{
    private const BindingFlags Everything = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public async Task A_C_compiler_finds_the_same_layouts_and_constants_in_the_headers()
    {
        Library.Need(Library.Braid);
        string[] assertions = [.. Types().SelectMany(AssertionsOf)];
        Assert.True(assertions.Length > 400, $"only {assertions.Length}");
        Assert.Equal("", await CompileAsync(assertions));
    }

    [Fact]
    public async Task And_would_see_a_difference()
    {
        Library.Need(Library.Braid);
        Assert.Contains("SCTP_ABORT", await CompileAsync(["_Static_assert(SCTP_ABORT == 0x100, \"SCTP_ABORT\");"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_notification_and_structure_of_a_call_is_compared()
    {
        HashSet<string> names = [.. Types().SelectMany(static type => type.GetFields(Everything).Cast<MemberInfo>().Append(type)).Select(NameOf).OfType<string>()];
        const string Header = "/usr/include/usrsctp.h";
        Library.Need(File.Exists(Header), "libusrsctp-dev is not installed");
        string[] words = File.ReadAllText(Header).Split([' ', '\t', '\n', ';', ',', '(', ')', '*']);
        string[] structures = [.. words.Zip(words.Skip(1)).Where(static pair => pair.First == "struct" && pair.Second.StartsWith("sctp_", StringComparison.Ordinal)).Select(static pair => pair.Second).Distinct()];

        // Those of no function and no option of 0.9.5.
        string[] unused =
        [
            "sctp_common_header", "sctp_recvv_rn", "sctp_snd_all_completes", "sctp_event_subscribe", "sctp_get_nonce_values", "sctp_cc_option", "sctp_timeval",
        ];
        Assert.Equal(unused.Order(StringComparer.Ordinal), structures.Except(names).Order(StringComparer.Ordinal));
        Assert.All(
            typeof(EventType).GetFields(Everything).Concat(typeof(OptionName).GetFields(Everything)).Concat(typeof(Errno).GetFields(Everything)),
            static field => Assert.NotNull(NameOf(field)));
    }

    private static Type[] Types() => typeof(Exports).Assembly.GetTypes();

    private static string? NameOf(MemberInfo member) => member.GetCustomAttribute<CAttribute>()?.Name;

    private static IEnumerable<string> AssertionsOf(Type type)
    {
        string? structure = NameOf(type) is not { } given ? null : given.Contains(' ', StringComparison.Ordinal) ? given : $"struct {given}";
        if (structure is not null && type.IsValueType)
        {
            yield return Assertion($"sizeof({structure})", Marshal.SizeOf(type), type.Name);
        }

        foreach (FieldInfo field in type.GetFields(Everything))
        {
            string? name = NameOf(field);
            string where = $"{type.Name}.{field.Name}";
            if (field.IsLiteral && field.Name == "Size" && structure is not null)
            {
                yield return Assertion($"sizeof({structure})", field.GetRawConstantValue()!, where);
            }
            else if (name is null)
            {
                continue;
            }
            else if (!name.Any(char.IsLower))
            {
                yield return Assertion(name, field.GetRawConstantValue()!, where);
            }
            else if (field.IsLiteral)
            {
                yield return Assertion($"offsetof({structure}, {name})", field.GetRawConstantValue()!, where);
            }
            else
            {
                yield return Assertion($"offsetof({structure}, {name})", (int)Marshal.OffsetOf(type, field.Name), where);
                yield return Assertion($"sizeof((({structure} *)0)->{name})", Marshal.SizeOf(field.FieldType), where);
            }
        }
    }

    private static string Assertion(string inC, object value, string where) =>
        string.Create(CultureInfo.InvariantCulture, $"_Static_assert({inC} == {value}, \"{where} is {value}\");");

    // What the compiler has to say: nothing.
    private static async Task<string> CompileAsync(IEnumerable<string> assertions)
    {
        string[] headers = ["<errno.h>", "<stddef.h>", "<netinet/in.h>", "<sys/socket.h>", "<usrsctp.h>"];
        using Process compiler = Process.Start(new ProcessStartInfo("cc", ["-x", "c", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = compiler.StandardError.ReadToEndAsync();
        await compiler.StandardInput.WriteAsync(string.Join('\n', [.. headers.Select(static header => $"#include {header}"), .. assertions, ""]));
        compiler.StandardInput.Close();
        await compiler.WaitForExitAsync();
        return await errors;
    }
}
