using System;
using System.IO;
using Braid.Cli.Transfer;

namespace Braid.Sockets.Tests.Cli;

public sealed class SafePathTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("braid-test-").FullName;

    [Theory]
    [InlineData("a.txt")]
    [InlineData("folder/sub/b.bin")]
    [InlineData("with space/and.many.dots")]
    [InlineData("ünïcödé")]
    [InlineData(".hidden")]
    [InlineData("..a")]
    [InlineData("CONTENT")]
    public void A_plain_name_stays_in_the_folder(string name)
    {
        Assert.True(SafePath.TryResolve(_folder, name, out string? path, out _));
        Assert.Equal(Path.Combine(_folder, name), path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("../up")]
    [InlineData("a/../../up")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    public void Any_other_name_is_refused(string name)
    {
        Assert.False(SafePath.TryResolve(_folder, name, out string? path, out string? reason));
        Assert.Null(path);
        Assert.NotNull(reason);
    }

    [Theory]
    [InlineData("C:\\windows")]
    [InlineData("C:up")]
    [InlineData("a\\..\\up")]
    [InlineData("NUL")]
    [InlineData("com1.txt")]
    [InlineData("aux")]
    [InlineData("trailing.")]
    [InlineData("trailing ")]
    [InlineData("what?")]
    public void A_name_that_means_something_else_on_Windows_is_refused_there(string name)
    {
        Assert.False(SafePath.IsSafeOnWindows(name));
        Assert.Equal(!OperatingSystem.IsWindows(), SafePath.TryResolve(_folder, name, out _, out _));
    }

    [Fact]
    public void A_link_that_leads_out_is_refused_at_every_place()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder, "out"), Path.GetTempPath());
        File.CreateSymbolicLink(Path.Combine(_folder, "file"), "/etc/passwd");
        Assert.False(SafePath.TryResolve(_folder, "out/x", out _, out _));
        Assert.False(SafePath.TryResolve(_folder, "file", out _, out _));
    }

    [Fact]
    public void A_name_that_is_a_folder_or_goes_through_a_file_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "folder"));
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        Assert.False(SafePath.TryResolve(_folder, "folder", out _, out _));
        Assert.False(SafePath.TryResolve(_folder, "file/x", out _, out _));
        Assert.True(SafePath.TryResolve(_folder, "file", out _, out _));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
