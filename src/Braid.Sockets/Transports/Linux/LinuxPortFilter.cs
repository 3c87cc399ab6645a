using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net.Sockets;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Threading;

namespace Braid.Sockets;

/// <summary>
/// Every raw socket gets a copy of every packet of its protocol, those of other programs included. Answers to these would end other people's
/// associations: so the kernel is given a filter on the SCTP destination port, which follows the ports in use.
/// </summary>
internal sealed class LinuxPortFilter : IPortFilter
{
    private const int MostRanges = 256;                      // 780 instructions; the kernel takes 4096, but memory for less on some systems

    // Classic BPF: <linux/bpf_common.h>, <linux/filter.h>.
    private const ushort LoadAbsoluteWord = 0x20;
    private const ushort LoadAbsoluteHalf = 0x28;
    private const ushort LoadIndirectHalf = 0x48;
    private const ushort LoadHeaderLength = 0xB1;            // X = 4 * (byte & 15)
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfGreater = 0x25;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort Return = 0x06;
    private const uint PacketType = 0xFFFFF000 + 4;          // SKF_AD_OFF + SKF_AD_PKTTYPE
    private const uint All = uint.MaxValue;

    private static readonly long s_linger = 2 * Stopwatch.Frequency;

    private readonly Lock _gate = new();
    private readonly ulong[] _ports = new ulong[1024];       // a bit for each that is let in; written under the lock, read by who receives
    private readonly List<Socket> _sockets = [];
    private readonly Dictionary<ushort, long> _former = [];  // which of them nobody uses any more, and since when
    private volatile bool _isClosed;

    /// <summary>Lets nothing in to a socket but what it is for.</summary>
    /// <exception cref="SocketException">The kernel does not take the filter.</exception>
    public void Guard(Socket socket)
    {
        lock (_gate)
        {
            Attach(socket);
            _sockets.Add(socket);
        }
    }

    /// <summary>A socket is closed.</summary>
    public void Leave(Socket socket)
    {
        lock (_gate)
        {
            _sockets.Remove(socket);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="SocketException">The kernel does not take the filter.</exception>
    public void Admit(ushort port)
    {
        lock (_gate)
        {
            if (_former.Remove(port))
            {
                return;
            }

            _ports[port / 64] |= 1UL << (port % 64);
            try
            {
                Attach();
            }
            catch (SocketException)
            {
                _ports[port / 64] &= ~(1UL << (port % 64));
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public void Dismiss(ushort port, bool lingers)
    {
        lock (_gate)
        {
            if (lingers)
            {
                _former[port] = Stopwatch.GetTimestamp();    // a SHUTDOWN ACK that comes again wants its answer (RFC 9260 §8.4)
            }
            else
            {
                Forget(port);
            }
        }
    }

    /// <summary>Whether a packet is for us: the kernel may have let it in before it had the filter, or because there are too many ports for that.</summary>
    public bool Admits(ushort port) => (Volatile.Read(ref _ports[port / 64]) & (1UL << (port % 64))) != 0 && (_former.Count == 0 || !IsGone(port));

    /// <summary>The sockets are closed.</summary>
    public void Close() => _isClosed = true;

    private bool IsGone(ushort port)
    {
        lock (_gate)
        {
            if (!_former.TryGetValue(port, out long since) || Stopwatch.GetTimestamp() - since < s_linger)
            {
                return false;
            }

            _former.Remove(port);
            Forget(port);
            return true;
        }
    }

    private void Forget(ushort port)
    {
        _ports[port / 64] &= ~(1UL << (port % 64));
        try
        {
            Attach();
        }
        catch (SocketException)
        {
            // The kernel lets in too much: the second look is enough.
        }
    }

    private void Attach()
    {
        if (!_isClosed)
        {
            _sockets.ForEach(Attach);
        }
    }

    private void Attach(Socket socket)
    {
        Instruction[] program = Compile(socket.AddressFamily == AddressFamily.InterNetworkV6);
        GCHandle pin = GCHandle.Alloc(program, GCHandleType.Pinned);
        try
        {
            // struct sock_fprog: a length, and a pointer where those are aligned.
            Span<byte> value = stackalloc byte[2 * nint.Size];
            value.Clear();
            MemoryMarshal.Write(value, (ushort)program.Length);
            MemoryMarshal.Write(value[nint.Size..], pin.AddrOfPinnedObject());
            socket.SetRawSocketOption(LinuxSocket.SocketLevel, LinuxSocket.AttachFilter, value);
        }
        catch (ObjectDisposedException)
        {
            // It was closed just now.
        }
        finally
        {
            pin.Free();
        }
    }

    // What an IPv4 socket gets begins with the IP header, what an IPv6 socket gets with SCTP's. Who sends to all hosts of a link gets no
    // answer (RFC 9260 §8.4 rule 1).
    private Instruction[] Compile(bool isIPv6)
    {
        List<(ushort First, ushort Last)> ranges = Ranges();
        var program = new List<Instruction>((3 * ranges.Count) + 6)
        {
            new(LoadAbsoluteWord, 0, 0, PacketType),
            new(JumpIfEqual, 1, 0, 0),                       // PACKET_HOST
            new(Return, 0, 0, 0),
        };
        if (isIPv6)
        {
            program.Add(new(LoadAbsoluteHalf, 0, 0, 2));
        }
        else
        {
            program.Add(new(LoadHeaderLength, 0, 0, 0));
            program.Add(new(LoadIndirectHalf, 0, 0, 2));
        }

        foreach ((ushort first, ushort last) in ranges)
        {
            program.Add(new(JumpIfAtLeast, 0, 2, first));
            program.Add(new(JumpIfGreater, 1, 0, last));
            program.Add(new(Return, 0, 0, All));
        }

        program.Add(new(Return, 0, 0, 0));
        return [.. program];
    }

    private List<(ushort First, ushort Last)> Ranges()
    {
        var ranges = new List<(ushort First, ushort Last)>();
        for (int i = 0; i < _ports.Length && ranges.Count <= MostRanges; i++)
        {
            for (ulong left = _ports[i]; left != 0; left &= left - 1)
            {
                Add(ranges, (i * 64) + BitOperations.TrailingZeroCount(left), 1);
            }
        }

        if (ranges.Count <= MostRanges)
        {
            return ranges;
        }

        // Too many: whole blocks of ports.
        ranges.Clear();
        const int Block = 65536 / MostRanges;
        for (int i = 0; i < MostRanges; i++)
        {
            if (_ports.AsSpan(i * Block / 64, Block / 64).ContainsAnyExcept(0UL))
            {
                Add(ranges, i * Block, Block);
            }
        }

        return ranges;
    }

    private static void Add(List<(ushort First, ushort Last)> ranges, int first, int count)
    {
        if (ranges.Count > 0 && ranges[^1].Last + 1 == first)
        {
            ranges[^1] = (ranges[^1].First, (ushort)(first + count - 1));
        }
        else
        {
            ranges.Add(((ushort)first, (ushort)(first + count - 1)));
        }
    }

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);
}
