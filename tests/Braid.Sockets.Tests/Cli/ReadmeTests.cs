using System;
using System.IO;
using System.Linq;

namespace Braid.Sockets.Tests.Cli;

public sealed class ReadmeTests
{
    [Fact]
    public void The_example_of_the_README_is_the_sample_that_is_compiled()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Braid.slnx")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        string readme = File.ReadAllText(Path.Combine(root, "README.md"));
        string quoted = readme.Split("```csharp\n")[1].Split("```")[0];
        string sample = string.Join('\n', File.ReadAllLines(Path.Combine(root, "samples", "Echo", "Program.cs")).SkipWhile(line => !line.StartsWith("await", StringComparison.Ordinal))) + "\n";
        Assert.Equal(sample, quoted);
    }
}
