using System;
using System.Linq;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests;

/// <summary>The same calls, line by line, on Debian's library and on Braid's.</summary>
public sealed class ProbeTests
{
    public static TheoryData<string> Names => [.. Expectations.Compared];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Debians_library_does_what_was_written_down(string name) =>
        Expectations.Compare(Library.Debian, name, await Probe.RunAsync(Library.Debian, name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Braids_library_does_the_same_or_what_its_README_says(string name) =>
        Expectations.Compare(Library.Braid, name, await Probe.RunAsync(Library.Braid, name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Compiled_ahead_of_time_it_does_what_it_does_otherwise(string name) =>
        Expectations.Compare(Library.Aot, name, await Probe.RunAsync(Library.Aot, name));

    [Fact]
    public async Task Every_probe_is_written_down() =>
        Assert.Equal((await Probe.ListAsync()).Order(StringComparer.Ordinal), Expectations.Names);
}
