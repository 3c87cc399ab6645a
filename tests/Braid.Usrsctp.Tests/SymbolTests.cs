using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests;

/// <summary>What the library exports.</summary>
public sealed class SymbolTests
{
    private static readonly string[] s_folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];

    [Theory]
    [InlineData(Library.Braid)]
    [InlineData(Library.Aot)]
    public async Task Every_function_of_Debians_library_is_there_and_nothing_that_its_header_does_not_name(string library)
    {
        Library.Need(library);
        string? debian = s_folders.Select(folder => Path.Combine(folder, "libusrsctp.so.2")).FirstOrDefault(File.Exists);
        Library.Need(debian is not null, "Debian's libusrsctp2 is not installed");
        HashSet<string> ours = await ExportsOf(Path.Combine(library == Library.Aot ? Library.AotFolder : Library.BraidFolder, "libusrsctp.so.2"));
        Assert.Empty((await ExportsOf(debian!)).Where(name => name.StartsWith("usrsctp_", StringComparison.Ordinal)).Except(ours));
        string header = await File.ReadAllTextAsync("/usr/include/usrsctp.h");
        Assert.All(ours, name => Assert.Contains(
            name.Replace("usrsctp_sysctl_set_", "", StringComparison.Ordinal).Replace("usrsctp_sysctl_get_", "", StringComparison.Ordinal).Replace("usrsctp_tunable_set_", "", StringComparison.Ordinal),
            header,
            StringComparison.Ordinal));
    }

    private static async Task<HashSet<string>> ExportsOf(string library)
    {
        using Process nm = Process.Start(new ProcessStartInfo("nm", ["-D", "--defined-only", library]) { RedirectStandardOutput = true })!;
        string output = await nm.StandardOutput.ReadToEndAsync();
        await nm.WaitForExitAsync();
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[^1])];
    }
}
