using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Braid.Cli.Output;

namespace Braid.Cli.Transfer;

/// <summary>A file to send.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Name">What the receiver is told: relative, with '/'.</param>
/// <param name="Length">Its bytes when it was looked at.</param>
internal sealed record FileSource(string Path, string Name, long Length)
{
    /// <summary>Files and what is in folders, under the folder's own name.</summary>
    /// <exception cref="UsageException">A path does not exist.</exception>
    public static List<FileSource> Find(IEnumerable<string> paths)
    {
        var sources = new List<FileSource>();
        foreach (string path in paths)
        {
            if (File.Exists(path))
            {
                sources.Add(new FileSource(path, System.IO.Path.GetFileName(path), new FileInfo(path).Length));
            }
            else if (Directory.Exists(path))
            {
                string root = System.IO.Path.GetFullPath(path);
                string top = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(root));
                foreach (string file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
                {
                    string relative = System.IO.Path.GetRelativePath(root, file).Replace(System.IO.Path.DirectorySeparatorChar, '/');
                    var info = new FileInfo(file);
                    sources.Add(new FileSource(file, $"{top}/{relative}", info.Exists ? info.Length : 0));       // a link to nothing fails later, alone
                }
            }
            else
            {
                throw new UsageException($"{path}: no such file or folder");
            }
        }

        // Two files under one name would become one at the receiver, and both would be reported as stored.
        string? twice = sources.GroupBy(source => source.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key;
        return twice is null ? sources : throw new UsageException($"{twice}: more than one file has that name");
    }
}
