using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// One destination address of the peer (RFC 9260 §6.4, §8.2): its state, errors, time-out, congestion control and packet size.
/// </summary>
internal sealed class Path
{
    private const int IPv4Header = 20;
    private const int IPv6Header = 40;

    private readonly AssociationContext _context;

    public Path(int index, in NetworkPath address, PathState state, AssociationContext context, int encapsulationOverhead)
    {
        Index = index;
        Address = address;
        State = state;
        IsConfirmed = state != PathState.Unconfirmed;
        _context = context;
        int ipHeader = address.Remote.Family switch
        {
            NetworkFamily.IPv4 => IPv4Header,
            NetworkFamily.IPv6 => IPv6Header,
            _ => 0,
        };
        MaximumPacket = (context.Options.PathMtu - ipHeader - encapsulationOverhead) & ~3;
        Rto = new RtoEstimator(context);
        Congestion = new Rfc9260Congestion(MaximumChunk, address.Remote.Family == NetworkFamily.IPv6);
    }

    /// <summary>Its place in the <see cref="PathSet"/>.</summary>
    public int Index { get; set; }

    /// <summary>Where packets go.</summary>
    public NetworkPath Address { get; private set; }

    /// <summary>Whether it can be used.</summary>
    public PathState State { get; private set; }

    /// <summary>
    /// Whether the address was ever found to be the peer's (§5.4): one that was given up before that is inactive, but nothing
    /// except heartbeats and their answers may go there.
    /// </summary>
    public bool IsConfirmed { get; private set; }

    /// <summary>Failures in a row (§8.2).</summary>
    public int Errors { get; private set; }

    /// <summary>The largest SCTP packet, common header included, in bytes; a multiple of 4.</summary>
    public int MaximumPacket { get; }

    /// <summary>PMDCS: the largest DATA chunk, header included, in bytes.</summary>
    public int MaximumChunk => MaximumPacket - Wire.PacketHeader.Length;

    public RtoEstimator Rto { get; }

    public ICongestionControl Congestion { get; private set; }

    public HeartbeatProber Heartbeat { get; } = new();

    /// <summary>What was set for it alone.</summary>
    public PathOptions Options { get; set; } = PathOptions.Default;

    /// <summary>Time between heartbeats while it is idle, on top of the RTO (§8.3); null for none.</summary>
    public TimeSpan? HeartbeatInterval => !Options.Heartbeats ? null
        : Options.HeartbeatInterval is { } own ? own
        : _context.Options.HeartbeatInterval > TimeSpan.Zero ? _context.Options.HeartbeatInterval
        : null;

    /// <summary>When DATA last left for this path.</summary>
    public Instant LastData { get; set; }

    /// <summary>The peer's UDP port has changed: it sits behind a NAT, or moved (RFC 6951 §5.4).</summary>
    public void LearnPort(ushort port) => Address = Address with { Remote = Address.Remote.WithPort(port) };

    /// <summary>How it stands.</summary>
    public PathStatistics Snapshot(Path primary, long inFlight) => new()
    {
        Path = Address,
        State = State,
        IsPrimary = this == primary,
        Errors = Errors,
        SmoothedRtt = Rto.Smoothed,
        Rto = Rto.Current,
        CongestionWindow = Congestion.Window,
        SlowStartThreshold = Congestion.SlowStartThreshold,
        InFlight = inFlight,
        MaximumPacket = MaximumPacket,
        Mtu = MaximumChunk,
        Options = Options,
    };

    /// <summary>Something sent here went unanswered.</summary>
    /// <returns>Whether that made the path inactive.</returns>
    public bool OnFailure()
    {
        if (State == PathState.Inactive)
        {
            return false;                                    // §8.3: the counter stops there
        }

        Errors++;
        if (Errors <= (Options.MaximumRetransmissions ?? _context.Options.MaximumPathRetransmissions))
        {
            return false;
        }

        State = PathState.Inactive;
        return true;
    }

    /// <summary>Something sent here was answered.</summary>
    /// <returns>Whether that made the path active.</returns>
    public bool OnSuccess()
    {
        Errors = 0;
        IsConfirmed = true;
        bool changed = State != PathState.Active;
        State = PathState.Active;
        return changed;
    }
}
