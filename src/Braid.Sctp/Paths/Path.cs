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
    private const int MostErrors = 10;                       // times those that make it inactive (RFC 7829 §4.1 rule 3)

    private readonly AssociationContext _context;
    private readonly int _overhead;                          // of IP and the encapsulation
    private Pacer _pacer;

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
        _overhead = ipHeader + encapsulationOverhead;
        Size = context.Options.PathMtu;
        MaximumPacket = PacketIn(Size);
        Rto = new RtoEstimator(context);
        Congestion = MakeCongestion(before: null);
    }

    /// <summary>Its place in the <see cref="PathSet"/>.</summary>
    public int Index { get; set; }

    /// <summary>Where packets go, and which address of ours they leave from.</summary>
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

    /// <summary>The largest IP packet that it is given, in bytes.</summary>
    public int Size { get; private set; }

    /// <summary>The largest SCTP packet, common header included, in bytes; a multiple of 4.</summary>
    public int MaximumPacket { get; private set; }

    /// <summary>Whether packets may be fragmented on their way: even the smallest disappear (RFC 8899 §5.4).</summary>
    public bool MayBeFragmented => Mtu is { IsInError: true };

    /// <summary>The search for its MTU; null before it was of any use.</summary>
    public PathMtuSearch? Mtu { get; set; }

    /// <summary>PMDCS: the largest DATA chunk, header included, in bytes.</summary>
    public int MaximumChunk => MaximumPacket - Wire.PacketHeader.Length;

    public RtoEstimator Rto { get; private set; }

    public ICongestionControl Congestion { get; private set; }

    public HeartbeatProber Heartbeat { get; } = new();

    /// <summary>What was set for it alone.</summary>
    public PathOptions Options { get; set; } = PathOptions.Default;

    /// <summary>Time between heartbeats while it is idle, on top of the RTO (§8.3); null for none.</summary>
    public TimeSpan? HeartbeatInterval => !Options.Heartbeats ? null
        : Options.HeartbeatInterval is { } own ? own
        : _context.Options.HeartbeatInterval > TimeSpan.Zero ? _context.Options.HeartbeatInterval
        : null;

    /// <summary>How it stands, for those who may not know of <see cref="PathState.PotentiallyFailed"/> (RFC 7829 §7.3).</summary>
    public PathState ShownState =>
        State == PathState.PotentiallyFailed && !_context.Options.ExposesPotentiallyFailedState ? PathState.Active : State;

    /// <summary>Whether there are so many failures that it should be the primary path no longer (PSMR, RFC 7829 §5).</summary>
    public bool IsUnfitAsPrimary => (Options.PrimarySwitchoverThreshold ?? _context.Options.PrimarySwitchoverThreshold) is { } most
        && Errors > Math.Max(most, Math.Min(PotentiallyFailedErrors, MaximumErrors));

    /// <summary>When DATA last left for this path.</summary>
    public Instant LastData { get; set; }

    /// <summary>Whether packets leave evenly spread.</summary>
    public bool IsPaced => (_context.Options.Pacing || Congestion.IsRateBased) && PacingRate > 0;

    /// <summary>
    /// How fast they leave, in bytes a second; 0 while no round trip was measured. Where the control does not say: as fast that a window
    /// takes less than a round trip, so that it is the window that limits, in slow start a half of one.
    /// </summary>
    public double PacingRate => Congestion.PacingRate > 0 ? Congestion.PacingRate
        : Rto.Smoothed == TimeSpan.Zero ? 0
        : (Congestion.Window < Congestion.SlowStartThreshold ? 2 : 1.2) * Congestion.Window / Rto.Smoothed.TotalSeconds;

    /// <summary>Whether a packet may leave now, as far as pacing goes.</summary>
    public bool MayLeave => !IsPaced || _pacer.MayLeave(_context.Now, PacingRate);

    /// <summary>When the next one may.</summary>
    public Instant LeavesAt => _pacer.DueAt(PacingRate);

    /// <summary>Whether only pacing has kept data from leaving since the last SACK.</summary>
    public bool WasHeldBack { get; set; }

    /// <summary>A packet leaves.</summary>
    /// <param name="bytes">Bytes of DATA chunks in it.</param>
    public void OnPacketSent(long bytes)
    {
        LastData = _context.Now;
        if (IsPaced)
        {
            double rate = PacingRate;
            _pacer.OnSent(_context.Now, bytes, rate, Pacer.Burst(rate, Rto.Smoothed, MaximumChunk));
        }
    }

    /// <summary>The options want another congestion control.</summary>
    public void ChangeCongestion()
    {
        Congestion = MakeCongestion(Congestion);
        _pacer.Clear();
    }

    /// <summary>
    /// Below, packets take another way (RFC 8261 §6.1): what was learnt of the old one, its round trip, its window and its packet size, says
    /// nothing about it.
    /// </summary>
    public void BeginAnew()
    {
        Mtu = new PathMtuSearch(_context.Options.PathMtu);
        Size = Options.Mtu ?? Mtu.Size;
        MaximumPacket = PacketIn(Size);
        Rto = new RtoEstimator(_context);
        Congestion = MakeCongestion(before: null);
        WasHeldBack = false;
        _pacer.Clear();
    }

    /// <summary>RFC 9260 §7.2.1: a window that was not used for an RTO has to be earned again.</summary>
    /// <param name="isApplicationLimited">Whether the application had nothing to send.</param>
    public void Decay(bool isApplicationLimited = true)
    {
        if (LastData != Instant.Zero)
        {
            Congestion.OnRestart(new RestartSample(_context.Now, _context.Now - LastData, Rto.Current, isApplicationLimited));
            LastData = _context.Now;
        }
    }

    /// <summary>The largest SCTP packet in an IP packet of a size.</summary>
    public int PacketIn(int size) => (size - _overhead) & ~3;

    /// <summary>Searches for its MTU.</summary>
    public void BeginMtuSearch(int maximum)
    {
        Mtu ??= new PathMtuSearch(Size);
        Mtu.Begin(maximum);
    }

    /// <summary>Takes over what the search has found, or what was said to be so.</summary>
    public void Resize()
    {
        Size = Options.Mtu ?? Mtu?.Size ?? _context.Options.PathMtu;
        MaximumPacket = PacketIn(Size);
        Congestion.OnMaximumChunkChanged(MaximumChunk);
    }

    /// <summary>The peer's UDP port has changed: it sits behind a NAT, or moved (RFC 6951 §5.4).</summary>
    public void LearnPort(ushort port) => Address = Address with { Remote = Address.Remote.WithPort(port) };

    /// <summary>Failures in a row that had packets leave from another address of ours; it wraps.</summary>
    public byte LocalFailures { get; set; }

    /// <summary>Packets leave from another address of ours.</summary>
    public void LeaveFrom(in NetworkAddress local) => Address = Address with { Local = local };

    /// <summary>How it stands.</summary>
    public PathStatistics Snapshot(Path primary, long inFlight) => new()
    {
        Path = Address,
        State = ShownState,
        IsPrimary = this == primary,
        Errors = Errors,
        SmoothedRtt = Rto.Smoothed,
        Rto = Rto.Current,
        CongestionWindow = Congestion.Window,
        SlowStartThreshold = Congestion.SlowStartThreshold,
        PacingRate = IsPaced ? (long)(PacingRate * 8) : 0,
        InFlight = inFlight,
        MaximumPacket = MaximumPacket,
        Mtu = MaximumChunk,
        Options = Options,
    };

    /// <summary>Something sent here went unanswered.</summary>
    /// <param name="isOneOfMany">Whether the peer has other addresses, so that it matters how much this one has failed (RFC 7829).</param>
    /// <returns>Whether that made it inactive, or potentially failed.</returns>
    public bool OnFailure(bool isOneOfMany)
    {
        if (State == PathState.Inactive)
        {
            // §8.3: the counter stops there. RFC 7829 §4.1 rule 3: but it tells which of several has failed least.
            Errors = isOneOfMany ? (int)Math.Min(Errors + 1L, MostErrors * (MaximumErrors + 1L)) : Errors;
            return false;
        }

        Errors++;
        PathState before = State;
        State = Errors > MaximumErrors ? PathState.Inactive
            : isOneOfMany && IsConfirmed && Errors > PotentiallyFailedErrors ? PathState.PotentiallyFailed
            : State;
        return State != before;
    }

    /// <summary>Something sent here was answered.</summary>
    /// <returns>Whether that made the path active.</returns>
    public bool OnSuccess()
    {
        Errors = 0;
        LocalFailures = 0;
        IsConfirmed = true;
        bool changed = State != PathState.Active;
        State = PathState.Active;
        return changed;
    }

    private int MaximumErrors => Options.MaximumRetransmissions ?? _context.Options.MaximumPathRetransmissions;

    private int PotentiallyFailedErrors => Options.PotentiallyFailedThreshold ?? _context.Options.PotentiallyFailedThreshold;

    private ICongestionControl MakeCongestion(ICongestionControl? before) => CongestionControls.Make(
        _context.Options, MaximumChunk, Address.Remote.Family == NetworkFamily.IPv6, _context.Random, before);
}
