using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.ExceptionServices;
using System.Threading;
using Braid.Cli.Link;

namespace Braid.Tests;

/// <summary>
/// Network namespaces with a cable between each and the next: 10.98.N.1 and fd98:N::1 at the near end of cable N, .2 and ::2 at the far one. Gone
/// when they are disposed of.
/// </summary>
internal sealed class NetworkNamespaces : IDisposable
{
    private static int s_count;

    private readonly string[] _names;

    static NetworkNamespaces() => PoolThreads.Start();

    private NetworkNamespaces(int count)
    {
        int first = Interlocked.Add(ref s_count, count) - count;
        _names = new string[count];
        for (int i = 0; i < count; i++)
        {
            _names[i] = $"braid-r{Environment.ProcessId}-{first + i}";
        }
    }

    /// <summary>Makes them; skips the test where that is not allowed, but never on CI.</summary>
    /// <param name="count">How many, from 2. Those in the middle forward packets.</param>
    public static NetworkNamespaces Create(int count = 2) => Make(new NetworkNamespaces(count), static made => made.Build());

    /// <summary>Makes two with several cables between them.</summary>
    /// <param name="cables">How many, from 1; they and their addresses are counted from 0.</param>
    public static NetworkNamespaces CreatePair(int cables) => Make(new NetworkNamespaces(2), made => made.BuildPair(cables));

    /// <summary>What <c>ip netns</c> calls one of them.</summary>
    public string this[int index] => _names[index];

    /// <summary>Runs something in one of them: sockets that it opens stay there, and so do threads that it starts.</summary>
    public T In<T>(int index, Func<T> action)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;

        // A thread of its own: it never comes back from the namespace.
        var thread = new Thread(() =>
        {
            try
            {
                Native.EnterNamespace(_names[index]);
                result = action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <summary>Changes what the near end of a cable, and its far end, carry.</summary>
    public void SetMtu(int cable, int mtu)
    {
        Ip("-n", _names[cable], "link", "set", "right", "mtu", $"{mtu}");
        Ip("-n", _names[cable + 1], "link", "set", "left", "mtu", $"{mtu}");
    }

    /// <summary>Pulls the near end of a cable of a pair, or the far one, or plugs it in again.</summary>
    public void Plug(int cable, bool isIn, bool isFarEnd = false) =>
        Ip("-n", _names[isFarEnd ? 1 : 0], "link", "set", $"{(isFarEnd ? "left" : "right")}{cable}", isIn ? "up" : "down");

    /// <summary>Bytes that have come to the near end of a cable of a pair, and that have left from there.</summary>
    public (long Received, long Sent) Traffic(int cable) => In(0, () =>
    {
        string device = $"right{cable}:";
        string line = File.ReadLines("/proc/thread-self/net/dev").Single(line => line.TrimStart().StartsWith(device, StringComparison.Ordinal));
        string[] fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return (long.Parse(fields[1], CultureInfo.InvariantCulture), long.Parse(fields[9], CultureInfo.InvariantCulture));
    });

    public void Dispose()
    {
        foreach (string name in _names)
        {
            try
            {
                Ip("netns", "delete", name);
            }
            catch (InvalidOperationException)
            {
                // It was not made.
            }
        }
    }

    private static NetworkNamespaces Make(NetworkNamespaces made, Action<NetworkNamespaces> build)
    {
        try
        {
            build(made);
            return made;
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            made.Dispose();
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"CI must run the tests that need namespaces: {exception.Message}");
            Assert.Skip($"Namespaces need root and iproute2: {exception.Message}");
            throw;
        }
    }

    private void AddAll()
    {
        foreach (string name in _names)
        {
            Ip("netns", "add", name);
            Ip("-n", name, "link", "set", "lo", "up");
            Ip("netns", "exec", name, "sh", "-c", "cd /proc/sys/net && for f in ipv4/ip_forward ipv6/conf/all/forwarding ipv6/conf/all/keep_addr_on_down; do echo 1 > $f; done");
        }
    }

    private void BuildPair(int cables)
    {
        AddAll();
        for (int i = 0; i < cables; i++)
        {
            Ip("-n", _names[0], "link", "add", $"right{i}", "type", "veth", "peer", "name", $"left{i}", "netns", _names[1]);
            Connect(_names[0], $"right{i}", i, 1);
            Connect(_names[1], $"left{i}", i, 2);
        }
    }

    private void Build()
    {
        AddAll();
        int last = _names.Length - 1;
        for (int i = 0; i < last; i++)
        {
            Ip("-n", _names[i], "link", "add", "right", "type", "veth", "peer", "name", "left", "netns", _names[i + 1]);
            Connect(_names[i], "right", i, 1);
            Connect(_names[i + 1], "left", i, 2);
        }

        for (int i = 0; i <= last; i++)
        {
            for (int cable = 0; cable < last; cable++)
            {
                if (cable > i || cable < i - 1)
                {
                    int near = cable > i ? i : i - 1;
                    int host = cable > i ? 2 : 1;
                    Ip("-n", _names[i], "route", "add", $"10.98.{cable}.0/24", "via", $"10.98.{near}.{host}");
                    Ip("-n", _names[i], "-6", "route", "add", $"fd98:{cable}::/64", "via", $"fd98:{near}::{host}");
                }
            }
        }
    }

    private static void Connect(string name, string device, int cable, int host)
    {
        Ip("-n", name, "addr", "add", $"10.98.{cable}.{host}/24", "dev", device);
        Ip("-n", name, "addr", "add", $"fd98:{cable}::{host}/64", "dev", device, "nodad");
        Ip("-n", name, "link", "set", device, "up");
    }

    private static void Ip(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {error.Trim()}");
        }
    }
}
