using System;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Linq;

namespace Braid.Cli.Transfer;

/// <summary>Names from the network, made into paths that cannot leave a directory.</summary>
internal static class SafePath
{
    private const int LongestName = 4096;

    private static readonly string[] s_reserved =
    [
        "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
        "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
    ];

    /// <summary>Finds the place for a file.</summary>
    /// <param name="directory">The directory that it must stay in; exists.</param>
    /// <param name="name">What the peer calls it: parts separated by '/'.</param>
    /// <param name="path">The full path.</param>
    /// <param name="reason">Why not.</param>
    public static bool TryResolve(string directory, string name, [NotNullWhen(true)] out string? path, [NotNullWhen(false)] out string? reason)
    {
        path = null;
        reason = null;
        string[] parts = name.Split('/');
        if (name.Length is 0 or > LongestName)
        {
            reason = name.Length == 0 ? "it is empty" : "it is too long";
            return false;
        }

        if (parts.FirstOrDefault(part => !IsSafe(part)) is { } unsafePart)
        {
            reason = unsafePart.Any(char.IsControl) ? "it has a control character" : $"'{unsafePart}' cannot be a name here";
            return false;
        }

        // A link inside the directory may lead out of it: no part of the way may be one.
        string current = Path.GetFullPath(directory);
        for (int i = 0; i < parts.Length; i++)
        {
            current = Path.Combine(current, parts[i]);
            FileSystemInfo info = i == parts.Length - 1 ? new FileInfo(current) : new DirectoryInfo(current);
            if (info.LinkTarget is not null)
            {
                reason = "a link is in the way";
                return false;
            }

            if (i == parts.Length - 1 ? Directory.Exists(current) : File.Exists(current))
            {
                reason = "something else has that name";
                return false;
            }
        }

        path = current;
        return true;
    }

    private static bool IsSafe(string part) =>
        part is not ("" or "." or "..")
        && part.Length <= 255
        && !part.Any(char.IsControl)
        && (!OperatingSystem.IsWindows() || IsSafeOnWindows(part));

    /// <summary>Whether Windows would take the name for what it says, and not for a device, a drive or a stream.</summary>
    internal static bool IsSafeOnWindows(string part) =>
        !part.Any(c => c is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|')
        && !part.EndsWith('.') && !part.EndsWith(' ')
        && !s_reserved.Contains(part.Split('.')[0], StringComparer.OrdinalIgnoreCase);
}
