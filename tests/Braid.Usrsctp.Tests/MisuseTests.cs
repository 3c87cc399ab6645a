using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests;

/// <summary>
/// Wrong use from C gives the error that it should, and never ends the process. The program looks at what each call returns, and at what the library says to
/// its debug function: nothing. Debian's library does not survive most of it.
/// </summary>
public sealed class MisuseTests
{
    private static readonly string[] s_modes =
    [
        "nulls", "strangers", "closed", "unstarted", "kinds", "addresses", "buffers", "lengths", "values", "unknown", "infos", "controls", "places", "texts",
        "garbage", "changed", "receiving", "upcalls", "output", "mixed", "ending", "threads", "waiting", "sockets", "starts",
    ];

    public static TheoryData<string> Modes => [.. s_modes];

    [Theory]
    [MemberData(nameof(Modes))]
    public Task Wrong_use_gives_an_error_and_no_crash(string mode) => CheckAsync(Library.Braid, mode);

    [Theory]
    [MemberData(nameof(Modes))]
    public Task Nor_a_crash_where_it_was_compiled_ahead_of_time(string mode) => CheckAsync(Library.Aot, mode);

    [Fact]
    public async Task Every_mode_is_run() =>
        Assert.Equal(s_modes.Order(StringComparer.Ordinal), (await Misuse.RunAsync(Library.Braid)).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_function_of_the_header_is_used_wrongly()
    {
        const string Header = "/usr/include/usrsctp.h";
        Library.Need(File.Exists(Header), "libusrsctp-dev is not installed");
        string used = string.Concat(Directory.GetFiles(Path.Combine(Library.ProjectFolder, "native", "misuse"), "*.c").Select(File.ReadAllText));

        // Those of system controls are made by macros of the header, which the program reads itself.
        foreach (Match function in Regex.Matches(File.ReadAllText(Header), @"\busrsctp_\w+(?=\()"))
        {
            Assert.Contains(function.Value + "(", used, StringComparison.Ordinal);
        }
    }

    private static async Task CheckAsync(string library, string mode)
    {
        string seed = Environment.GetEnvironmentVariable("BRAID_MISUSE_SEED") ?? "1";
        (int exitCode, string output, string error) = await Misuse.RunAsync(library, mode, seed);
        TestContext.Current.TestOutputHelper?.WriteLine(output);
        Assert.True(exitCode == 0 && error.Length == 0, string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}, seed {seed}\n{output}\n{error}"));
    }
}
