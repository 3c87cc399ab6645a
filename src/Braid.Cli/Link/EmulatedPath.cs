using System;
using System.Diagnostics;
using System.Threading;
using Braid.Core;
using Braid.Simulation;
using Microsoft.Win32.SafeHandles;

namespace Braid.Cli.Link;

/// <summary>
/// A path between two TUN devices: the simulator's model of a link, once for each direction, in real time. What kernel TCP sends goes over
/// the very same path as Braid's packets.
/// </summary>
internal sealed class EmulatedPath(LinkEnd first, LinkEnd second, LinkModel model, ulong seed)
{
    private const int LargestPacket = 65536;
    private const int AtOnce = 64;                           // packets taken in before any are put out: they may never end

    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(100);

    private readonly byte[] _packet = new byte[LargestPacket];

    /// <summary>From the first end to the second.</summary>
    public SimulatedLink There { get; } = new(model, new SeededRandom(seed));

    /// <summary>From the second end to the first.</summary>
    public SimulatedLink Back { get; } = new(model, new SeededRandom(seed + 1));

    /// <summary>Moves packets on the calling thread until it is told to stop.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Instant next = Instant.Min(There.NextArrival, Back.NextArrival);
            Instant now = Now;
            TimeSpan wait = next.IsNever ? s_longestWait : next <= now ? TimeSpan.Zero : next - now;
            Native.Wait(first.Tun, second.Tun, wait < s_longestWait ? wait : s_longestWait);
            TakeIn(first.Tun, There);
            TakeIn(second.Tun, Back);
            PutOut(There, second.Tun);
            PutOut(Back, first.Tun);
        }
    }

    private static Instant Now => new(Stopwatch.GetElapsedTime(0).Ticks);

    private void TakeIn(SafeFileHandle tun, SimulatedLink link)
    {
        for (int i = 0; i < AtOnce && Native.Read(tun, _packet) is > 0 and int length; i++)
        {
            Span<byte> packet = _packet.AsSpan(0, length);
            link.Send(Now, default, packet, ecn: IpHeader.Ecn(packet));
        }
    }

    private void PutOut(SimulatedLink link, SafeFileHandle tun)
    {
        while (link.TryReceive(Now, out _, out ReadOnlyMemory<byte> datagram, out EcnCodepoint ecn))
        {
            Span<byte> packet = _packet.AsSpan(0, datagram.Length);
            datagram.Span.CopyTo(packet);
            if (ecn != IpHeader.Ecn(packet))
            {
                IpHeader.SetEcn(packet, ecn);
            }

            Native.Write(tun, packet);
        }
    }
}
