using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Braid.Sockets.Tests;

/// <summary>The folder that the tests were built in: some of them look at the sources and the documents.</summary>
internal static class SourceTree
{
    private const string UpdateVariable = "BRAID_UPDATE_DOCS";

    public static string Root { get; } = Find();

    /// <summary>Folders of the samples, by name.</summary>
    public static IEnumerable<string> Samples => Directory.EnumerateDirectories(Path.Combine(Root, "samples"))
        .Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal);

    /// <summary>Files of a sample that a person wrote.</summary>
    public static IEnumerable<string> FilesOf(string sample) =>
        Directory.EnumerateFiles(Path.Combine(Root, "samples", sample), "*.cs", SearchOption.TopDirectoryOnly).Order(StringComparer.Ordinal);

    /// <summary>Compares a file that is made from the code with what it should be; writes it anew when that is asked for.</summary>
    public static void AssertUpToDate(string relativePath, string expected)
    {
        string path = Path.Combine(Root, relativePath);
        if (Environment.GetEnvironmentVariable(UpdateVariable) is { Length: > 0 })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, expected);
        }

        string[] actual = File.Exists(path) ? File.ReadAllLines(path) : [];
        string[] wanted = expected.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] changes = [
            .. wanted.Except(actual).Select(line => $"+ {line}"),
            .. actual.Except(wanted).Where(line => line.Length > 0).Select(line => $"- {line}")];
        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == expected,
            $"{relativePath} is out of date: run the tests with {UpdateVariable}=1, and look at what has changed.\n{string.Join('\n', changes.Take(20))}");
    }

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Braid.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
