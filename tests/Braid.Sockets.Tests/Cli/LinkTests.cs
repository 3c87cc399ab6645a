using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Link;
using Braid.Cli.Output;
using Braid.Core;

namespace Braid.Sockets.Tests.Cli;

/// <summary>The emulated path: what people type for it, what it does to a header, and the whole of it in two namespaces.</summary>
public sealed class LinkTests
{
    [Fact]
    public void Numbers_have_units()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(1.5), Quantity.Time("--delay", "1.5ms"));
        Assert.Equal(TimeSpan.FromSeconds(2), Quantity.Time("--delay", "2s"));
        Assert.Equal(100_000_000, Quantity.Number("--rate", "100M"));
        Assert.Equal(1500, Quantity.Number("--queue", "1.5k"));
        Assert.Equal(7, Quantity.Number("--queue", "7"));
        Assert.Equal(0.001, Quantity.Share("--loss", "0.1%"));
        foreach (string wrong in (string[])["", "x", "1", "-1%", "101%", "1ms%"])
        {
            Assert.Throws<UsageException>(() => Quantity.Share("--loss", wrong));
        }

        foreach (string wrong in (string[])["", "M", "-1", "1T", "1e99"])
        {
            Assert.Throws<UsageException>(() => Quantity.Number("--rate", wrong));
        }
    }

    [Fact]
    public void A_mark_keeps_the_checksum_of_the_header_right()
    {
        byte[] packet = Convert.FromHexString("45000073000040004011b861c0a80001c0a800c7");
        Assert.Equal(EcnCodepoint.NotCapable, IpHeader.Ecn(packet));
        Assert.Equal(0xFFFF, SumOf(packet));
        IpHeader.SetEcn(packet, EcnCodepoint.CongestionExperienced);
        Assert.Equal(EcnCodepoint.CongestionExperienced, IpHeader.Ecn(packet));
        Assert.Equal(0xFFFF, SumOf(packet));

        byte[] six = [0x60, 0x12, 0x34, 0x56];
        IpHeader.SetEcn(six, EcnCodepoint.CongestionExperienced);
        Assert.Equal(EcnCodepoint.CongestionExperienced, IpHeader.Ecn(six));
        Assert.Equal<byte>([0x60, 0x32, 0x34, 0x56], six);
    }

    [Fact]
    public async Task Two_namespaces_talk_over_it_or_it_says_why_not()
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        string braid = typeof(Braid.Cli.Program).Assembly.Location;
        string names = $"braid-t{Environment.ProcessId}a,braid-t{Environment.ProcessId}b";
        using Process link = Start("dotnet", braid, "link", "--namespaces", names, "--rate", "1G", "--delay", "1ms", "--duplication", "10%");
        string? first = await link.StandardOutput.ReadLineAsync(guard.Token);
        if (first is null)
        {
            // Not every machine lets us make devices and namespaces.
            Assert.StartsWith("braid: ", await link.StandardError.ReadToEndAsync(guard.Token), StringComparison.Ordinal);
            await link.WaitForExitAsync(guard.Token);
            Assert.Equal(1, link.ExitCode);
            return;
        }

        Assert.StartsWith("Up: 10.99.0.1 in ", first, StringComparison.Ordinal);
        string[] ends = names.Split(',');
        using Process server = Start("ip", "netns", "exec", ends[1], "dotnet", braid, "perf", "server", "--bind", "10.99.0.2");
        Assert.StartsWith("Listening on UDP 10.99.0.2:", await server.StandardOutput.ReadLineAsync(guard.Token), StringComparison.Ordinal);
        using Process client = Start("ip", "netns", "exec", ends[0], "dotnet", braid, "perf", "client", "10.99.0.2", "--time", "0.2");
        string output = await client.StandardOutput.ReadToEndAsync(guard.Token);
        await client.WaitForExitAsync(guard.Token);
        server.Kill(entireProcessTree: true);
        using Process stop = Start("kill", "-TERM", $"{link.Id}");
        string packets = await link.StandardOutput.ReadToEndAsync(guard.Token);
        await link.WaitForExitAsync(guard.Token);
        Assert.Equal((0, 0), (client.ExitCode, link.ExitCode));
        Assert.Contains("Arrived", output, StringComparison.Ordinal);
        Assert.StartsWith("Packets: ", packets, StringComparison.Ordinal);
        Assert.False(File.Exists($"/run/netns/{ends[0]}"));
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static int SumOf(ReadOnlySpan<byte> header)
    {
        int sum = 0;
        for (int i = 0; i < header.Length; i += 2)
        {
            sum += (header[i] << 8) | header[i + 1];
        }

        return (sum & 0xFFFF) + (sum >> 16);
    }
}
