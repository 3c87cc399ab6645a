using System;
using System.ComponentModel;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Braid.Cli.Link;

/// <summary>What Linux has for namespaces and TUN devices.</summary>
internal static partial class Native
{
    /// <summary>Bytes are there to be read.</summary>
    public const short PollIn = 1;

    private const int ReadWriteNonBlocking = 0x2 | 0x800 | 0x80000;      // and not for children
    private const int ReadOnly = 0x80000;
    private const int NewNetwork = 0x40000000;
    private const nuint SetInterface = 0x400454ca;
    private const short TunWithoutHeader = 0x0001 | 0x1000;
    private const int InterfaceRequestLength = 40;

    /// <summary>Where <c>ip netns</c> keeps a namespace.</summary>
    public static string NamespacePath(string name) => $"/run/netns/{name}";

    /// <summary>Moves the calling thread into a namespace, for the rest of its life.</summary>
    /// <exception cref="IOException">There is none, or it is not allowed.</exception>
    public static void EnterNamespace(string name)
    {
        using SafeFileHandle handle = Checked(Open(NamespacePath(name), ReadOnly));
        Check(SetNamespace(handle, NewNetwork));
    }

    /// <summary>Opens a TUN device in the namespace of the calling thread: each read and each write is one IP packet.</summary>
    /// <exception cref="IOException">It is in use, or it is not allowed.</exception>
    public static SafeFileHandle OpenTun(string device)
    {
        SafeFileHandle handle = Checked(Open("/dev/net/tun", ReadWriteNonBlocking));
        try
        {
            Span<byte> request = stackalloc byte[InterfaceRequestLength];
            request.Clear();
            Encoding.ASCII.GetBytes(device, request);
            MemoryMarshal.Write(request[16..], TunWithoutHeader);
            Check(Control(handle, SetInterface, ref request[0]));
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads a packet.</summary>
    /// <returns>Its length; 0 for none.</returns>
    public static int Read(SafeFileHandle tun, Span<byte> packet) => (int)Math.Max(0, Read(tun, ref packet[0], (nuint)packet.Length));

    /// <summary>Writes a packet; false when the device does not take it.</summary>
    public static bool Write(SafeFileHandle tun, ReadOnlySpan<byte> packet) =>
        Write(tun, in packet[0], (nuint)packet.Length) == packet.Length;

    /// <summary>Waits until a packet can be read from either, or the time is over.</summary>
    public static void Wait(SafeFileHandle first, SafeFileHandle second, TimeSpan atMost)
    {
        Span<PollEntry> entries =
        [
            new() { Descriptor = (int)first.DangerousGetHandle(), Events = PollIn },
            new() { Descriptor = (int)second.DangerousGetHandle(), Events = PollIn },
        ];
        var time = new TimeSpec { Seconds = (long)atMost.TotalSeconds, Nanoseconds = atMost.Ticks % TimeSpan.TicksPerSecond * 100 };
        _ = Poll(ref entries[0], 2, in time, 0);
    }

    private static SafeFileHandle Checked(SafeFileHandle handle) => handle.IsInvalid ? throw LastError() : handle;

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw LastError();
        }
    }

    private static IOException LastError() => new(new Win32Exception(Marshal.GetLastPInvokeError()).Message);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle handle, int type);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, nuint request, ref byte argument);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(SafeFileHandle handle, ref byte buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(SafeFileHandle handle, in byte buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "ppoll")]
    private static partial int Poll(ref PollEntry entries, nuint count, in TimeSpec time, nint signals);

    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
