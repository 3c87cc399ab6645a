using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace Braid.Benchmarks;

/// <summary>What a run was made on, and with.</summary>
internal static class Machine
{
    private const string Unknown = "unknown";

    /// <summary>Facts by their names, in order.</summary>
    public static Dictionary<string, string> Facts() => new()
    {
        ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
        ["commit"] = Ask("git", "rev-parse", "--short", "HEAD"),
        ["cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["processor"] = $"{Processor()}, {RuntimeInformation.ProcessArchitecture}",
        ["system"] = RuntimeInformation.OSDescription,
        ["kernel"] = FirstWord("/proc/sys/kernel/osrelease"),
        [".NET"] = RuntimeInformation.FrameworkDescription,
        ["libusrsctp"] = LibUsrsctp(),
        ["load before"] = FirstWord("/proc/loadavg"),
    };

    private static string FirstWord(string file) => File.Exists(file) ? File.ReadAllText(file).Split()[0] : Unknown;

    private static string Processor() =>
        File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line.Split(':')[1].Trim()
            : Unknown;

    private static string LibUsrsctp()
    {
        string version = Ask("pkg-config", "--modversion", "usrsctp");
        return version == Unknown ? Ask("dpkg-query", "-W", "-f", "${Version}", "libusrsctp-dev") : version;
    }

    private static string Ask(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            string answer = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 && answer.Length > 0 ? answer : Unknown;
        }
        catch (Win32Exception)
        {
            return Unknown;                                  // there is no such program
        }
    }
}
