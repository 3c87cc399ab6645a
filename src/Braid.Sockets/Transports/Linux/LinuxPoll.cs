using System;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Braid.Sockets;

/// <summary>
/// Waits for any number of sockets at once, and for a bell: epoll with an eventfd. All of it for one thread, but for the bell.
/// </summary>
internal sealed partial class LinuxPoll : IDisposable
{
    private const int MostEvents = 64;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int Add = 1;
    private const int Delete = 2;
    private const uint Readable = 1;                         // EPOLLIN
    private const uint EdgeTriggered = 1u << 31;
    private const long Bell = -1;

    // struct epoll_event is packed on x86, and aligned elsewhere.
    private static readonly int s_dataOffset = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;
    private static readonly int s_eventSize = s_dataOffset + 8;

    private readonly SafeFileHandle _poll;
    private readonly SafeFileHandle _bell;
    private readonly byte[] _events = GC.AllocateArray<byte>(MostEvents * 16, pinned: true);
    private bool _hasNanoseconds = Environment.Is64BitProcess;

    /// <exception cref="InvalidOperationException">The system has no more of them.</exception>
    public LinuxPoll()
    {
        _poll = new SafeFileHandle(CreatePoll(CloseOnExec), ownsHandle: true);
        _bell = new SafeFileHandle(CreateEvent(0, CloseOnExec | NonBlocking), ownsHandle: true);
        if (_poll.IsInvalid || _bell.IsInvalid || !TryControl(Add, _bell, Readable | EdgeTriggered, Bell))
        {
            Dispose();
            throw new InvalidOperationException($"epoll is not to be had: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Can be read when one of its sockets can: so one may wait for another.</summary>
    public SafeHandle Handle => _poll;

    /// <summary>Waits for a socket from now on, as long as there is something to be read.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="key">What <see cref="Wait"/> calls it; not negative.</param>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public bool TryAdd(SafeHandle socket, long key) => TryControl(Add, socket, Readable, key);

    /// <summary>Waits for it no longer.</summary>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public void Remove(SafeHandle socket) => TryControl(Delete, socket, 0, 0);

    /// <summary>Ends a wait, the next one if there is none. By anybody.</summary>
    public void Ring()
    {
        ulong one = 1;
        _ = Write(_bell, ref one, sizeof(ulong));            // edge-triggered: nobody has to read it
    }

    /// <summary>Waits until there is something to be read, or the bell rings, or the time is over.</summary>
    /// <param name="timeout">At most; negative for ever.</param>
    /// <param name="keys">Gets the sockets that can be read.</param>
    /// <returns>How many.</returns>
    public int Wait(TimeSpan timeout, Span<long> keys)
    {
        int events = WaitForEvents(timeout, Math.Min(MostEvents, keys.Length));
        int count = 0;
        for (int i = 0; i < events; i++)
        {
            long key = MemoryMarshal.Read<long>(_events.AsSpan((i * s_eventSize) + s_dataOffset));
            if (key != Bell)
            {
                keys[count++] = key;
            }
        }

        return count;
    }

    public void Dispose()
    {
        _poll.Dispose();
        _bell.Dispose();
    }

    // Returns less than 0 when a signal came; that is as good as the bell.
    private int WaitForEvents(TimeSpan timeout, int most)
    {
        if (_hasNanoseconds && timeout > TimeSpan.Zero)
        {
            var time = new Time { Seconds = timeout.Ticks / TimeSpan.TicksPerSecond, Nanoseconds = timeout.Ticks % TimeSpan.TicksPerSecond * 100 };
            try
            {
                int count = PollWait(_poll, ref _events[0], most, ref time, 0);
                if (count >= 0 || Marshal.GetLastPInvokeError() == LinuxSocket.Interrupted)
                {
                    return count;
                }
            }
            catch (EntryPointNotFoundException)
            {
                // An older library.
            }

            _hasNanoseconds = false;                         // or an older kernel
        }

        int milliseconds = timeout < TimeSpan.Zero ? -1 : (int)Math.Min(Math.Ceiling(timeout.TotalMilliseconds), int.MaxValue);
        return PollWait(_poll, ref _events[0], most, milliseconds);
    }

    private bool TryControl(int operation, SafeHandle handle, uint events, long key)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        MemoryMarshal.Write(bytes, events);
        MemoryMarshal.Write(bytes[s_dataOffset..], key);
        return Control(_poll, operation, handle, ref bytes[0]) == 0;
    }

    /// <summary>struct timespec where a long has 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int CreatePoll(int flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int CreateEvent(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(SafeHandle poll, int operation, SafeHandle handle, ref byte entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int PollWait(SafeHandle poll, ref byte events, int most, int milliseconds);

    [LibraryImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    private static partial int PollWait(SafeHandle poll, ref byte events, int most, ref Time timeout, nint signals);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeHandle handle, ref ulong value, nuint length);
}
