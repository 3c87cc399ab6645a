using System;
using System.Net;
using System.Threading;

namespace Braid.Tests;

/// <summary>
/// End points for tests that use one twice: below the ports that the system hands out, and, where that can be, at an address of this
/// process alone, so that no other process gets in between.
/// </summary>
internal static class OwnAddress
{
    private static int s_lastPort = 21_000;

    public static IPEndPoint Next() => new(
        OperatingSystem.IsLinux() ? new IPAddress([127, 77, (byte)(Environment.ProcessId >> 8), (byte)Environment.ProcessId]) : IPAddress.Loopback,
        Interlocked.Increment(ref s_lastPort));
}
