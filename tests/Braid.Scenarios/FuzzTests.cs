using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Braid.Core;
using Braid.Fuzz;

namespace Braid.Scenarios;

/// <summary>A little of what <c>fuzz/Braid.Fuzz</c> does for as long as one likes, and everything that it has found so far.</summary>
public sealed class FuzzTests
{
    private const int Inputs = 3000;

    public static TheoryData<string> Targets => [.. Program.Targets.Select(target => target.Name)];

    [Theory, Rfc(5062, "9.3")]
    [MemberData(nameof(Targets))]
    public void Inputs_that_nobody_would_send_do_no_harm(string name)
    {
        IFuzzTarget target = Program.Targets.First(candidate => candidate.Name == name);
        var random = new SeededRandom(20_261_121);
        for (int i = 0; i < Inputs; i++)
        {
            byte[] input = target.Make(random);
            Exception? finding = Program.Try(target, input);
            Assert.True(finding is null, $"{Convert.ToHexStringLower(input)}: {finding}");
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void What_was_found_once_is_not_found_again(string name)
    {
        IFuzzTarget target = Program.Targets.First(candidate => candidate.Name == name);
        string folder = Path.Combine(Repository.Root, "fuzz", "corpus", name);
        IEnumerable<string> files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [];
        foreach (string file in files)
        {
            Exception? finding = Program.Try(target, File.ReadAllBytes(file));
            Assert.True(finding is null, $"{Path.GetFileName(file)}: {finding}");
        }
    }
}
