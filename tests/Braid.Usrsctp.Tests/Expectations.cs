using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Braid.Usrsctp.Tests;

/// <summary>What Debian's library was seen to do: the folder Expected, a file for each probe.</summary>
internal static class Expectations
{
    private const int Shown = 20;

    private static string Folder => Path.Combine(Library.ProjectFolder, "Expected");

    /// <summary>All probes that were written down.</summary>
    public static IEnumerable<string> Names => Directory.GetFiles(Folder, "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal);

    /// <summary>
    /// Those that are compared: without threads they print the same every time. With threads, which BRAID_PROBE_THREADS=1 adds, some do not under load, on either
    /// library.
    /// </summary>
    public static IEnumerable<string> Compared => Environment.GetEnvironmentVariable("BRAID_PROBE_THREADS") == "1"
        ? Names
        : Names.Where(name => !name.EndsWith(".threads", StringComparison.Ordinal));

    /// <summary>Whether what is printed is written down, and not compared.</summary>
    public static bool AreWritten => Environment.GetEnvironmentVariable("BRAID_UPDATE_DOCS") == "1";

    /// <summary>
    /// Compares what a probe has printed with what was written down: of Braid's library only where it differs from Debian's, in the folder Braid. Writes it down
    /// anew with BRAID_UPDATE_DOCS=1.
    /// </summary>
    /// <param name="library">The library.</param>
    /// <param name="name">The probe.</param>
    /// <param name="output">What it has printed.</param>
    public static void Compare(string library, string name, string output)
    {
        string debian = PathOf(name);
        string braid = PathOf(Path.Combine("Braid", name));
        if (!AreWritten)
        {
            Same(File.ReadAllText(library != Library.Debian && File.Exists(braid) ? braid : debian), output);
        }
        else if (library == Library.Debian)
        {
            File.WriteAllText(debian, output);
        }
        else if (File.ReadAllText(debian) == output)
        {
            File.Delete(braid);
        }
        else
        {
            File.WriteAllText(braid, output);
        }
    }

    /// <summary>What was written down.</summary>
    /// <param name="name">The probe.</param>
    public static string Of(string name) => File.ReadAllText(PathOf(name));

    /// <summary>Fails with the lines that differ.</summary>
    /// <param name="expected">What should be printed.</param>
    /// <param name="actual">What is.</param>
    public static void Same(string expected, string actual)
    {
        if (expected == actual)
        {
            return;
        }

        string[] left = expected.Split('\n'), right = actual.Split('\n');
        var text = new StringBuilder("Lines differ:\n");
        int shown = 0;
        for (int i = 0; i < Math.Max(left.Length, right.Length) && shown < Shown; i++)
        {
            string was = i < left.Length ? left[i] : "(no line)", now = i < right.Length ? right[i] : "(no line)";
            if (was != now)
            {
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{i + 1}\n  expected {was}\n  actual   {now}\n");
                shown++;
            }
        }

        Assert.Fail(text.ToString());
    }

    private static string PathOf(string name) => Path.Combine(Folder, name + ".txt");
}
