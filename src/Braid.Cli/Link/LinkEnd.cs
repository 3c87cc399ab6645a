using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Threading;
using Braid.Cli.Output;
using Microsoft.Win32.SafeHandles;

namespace Braid.Cli.Link;

/// <summary>One end of an emulated path: a TUN device in a network namespace, which is made for it where there is none.</summary>
internal sealed class LinkEnd : IDisposable
{
    private const string Device = "braid0";

    private readonly bool _ownsNamespace;

    private LinkEnd(string name, IPAddress address, SafeFileHandle tun, bool ownsNamespace)
    {
        Name = name;
        Address = address;
        Tun = tun;
        _ownsNamespace = ownsNamespace;
    }

    /// <summary>The namespace.</summary>
    public string Name { get; }

    /// <summary>Its address there.</summary>
    public IPAddress Address { get; }

    /// <summary>IP packets, one for each read and write, without blocking.</summary>
    public SafeFileHandle Tun { get; }

    /// <summary>Makes it.</summary>
    /// <param name="name">The namespace, as <c>ip netns</c> knows it.</param>
    /// <param name="host">Its address there.</param>
    /// <param name="prefixLength">How many bits of it all on the link share.</param>
    /// <param name="mtu">Largest packet.</param>
    /// <exception cref="TransferFailedException">The system does not let us, or <c>ip</c> is missing.</exception>
    public static LinkEnd Create(string name, IPAddress host, int prefixLength, int mtu)
    {
        bool owns = !File.Exists(Native.NamespacePath(name));
        if (owns)
        {
            Ip("netns", "add", name);
        }

        SafeFileHandle? tun = null;
        try
        {
            tun = OpenIn(name);
            Ip("-n", name, "link", "set", "lo", "up");
            Ip("-n", name, "addr", "add", $"{host}/{prefixLength}", "dev", Device);
            Ip("-n", name, "link", "set", Device, "mtu", $"{mtu}", "up");
            return new LinkEnd(name, host, tun, owns);
        }
        catch
        {
            tun?.Dispose();
            if (owns)
            {
                Ip("netns", "delete", name);
            }

            throw;
        }
    }

    public void Dispose()
    {
        Tun.Dispose();
        if (_ownsNamespace)
        {
            Ip("netns", "delete", Name);
        }
    }

    // A thread of its own: it never comes back from the namespace.
    private static SafeFileHandle OpenIn(string name)
    {
        SafeFileHandle? tun = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Native.EnterNamespace(name);
                tun = Native.OpenTun(Device);
            }
#pragma warning disable CA1031 // It goes on in the thread that asked.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        return tun ?? throw new TransferFailedException($"namespace {name}: {failure!.Message}");
    }

    private static void Ip(params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new TransferFailedException($"ip {string.Join(' ', arguments)}: {error.Trim()}");
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new TransferFailedException("there is no 'ip' command: install iproute2");
        }
    }
}
