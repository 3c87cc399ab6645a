using System;
using System.Diagnostics;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// The sending half of an association: what is outstanding, what acknowledges it, and what happens when nothing does
/// (RFC 9260 §6.2.1, §6.3). What that means for the congestion windows is for <see cref="Recovery"/>, what may go out now for
/// <see cref="DataTransmission"/>.
/// </summary>
internal sealed class Sender
{
    private readonly AssociationContext _context;
    private readonly PathSet _paths;
    private readonly SendQueue _queue;
    private readonly OutstandingQueue _outstanding;
    private readonly Recovery _recovery;
    private readonly DataTransmission _transmission;
    private Abandonment? _abandonment;                       // made for the first message that may be given up
    private bool _mayAbandon;

    public Sender(AssociationContext context, PathSet paths, SendQueue queue, OutboundMessagePool messages, in Negotiated negotiated)
    {
        _context = context;
        _paths = paths;
        _queue = queue;
        _outstanding = new OutstandingQueue(negotiated.LocalInitialTsn, messages);
        Window = new PeerWindow(negotiated.PeerWindow);
        _recovery = new Recovery(context, paths, _outstanding, Window);
        _transmission = new DataTransmission(context, paths, queue, _outstanding, Window, _recovery);
        OnOpportunity();
    }

    public PeerWindow Window { get; }

    /// <summary>User data in flight on all paths, in bytes.</summary>
    public long PayloadInFlight => _outstanding.PayloadInFlight;

    /// <inheritdoc cref="DataTransmission.TotalWindow"/>
    public long TotalWindow => _transmission.TotalWindow;

    /// <summary>Bytes of DATA chunks in flight on a path.</summary>
    public long InFlightOn(int path) => _outstanding.InFlightOn(path);

    /// <summary>Chunks that were sent and are not cumulatively acknowledged.</summary>
    public int OutstandingCount => _outstanding.Count;

    /// <summary>Whether anything that was sent is not cumulatively acknowledged.</summary>
    public bool HasOutstanding => !_outstanding.IsEmpty;

    /// <summary>The Cumulative TSN Ack Point.</summary>
    public Tsn CumulativeAck => _outstanding.CumulativeAck;

    /// <summary>Whether everything that the application sent is acknowledged.</summary>
    public bool IsDrained => _outstanding.IsEmpty && _queue.IsEmpty;

    /// <summary>User data that was given up and not yet skipped by the peer, in bytes.</summary>
    public long AbandonedPayload => _outstanding.AbandonedPayload;

    /// <summary>Whether FORWARD TSN is to be sent (RFC 3758 §3.5 C3).</summary>
    public bool WantsForwardTsn => _abandonment is { WantsForwardTsn: true };

    /// <summary>Where the last one went; null for none.</summary>
    public Path? ForwardPath => _abandonment?.LastPath;

    /// <summary>Whether the last SACK acknowledged data that was sent on a path.</summary>
    public bool WasAcknowledgedOn(int path) => _outstanding.WasAcknowledgedOn(path);

    /// <summary>Whether any of that was sent on no other path before.</summary>
    public bool WasCertainlyAcknowledgedOn(int path) => _outstanding.LastAckOn(path).IsCertain;

    /// <summary>Whether what was sent again on a path was just found to be lost again, and holds up the Cumulative TSN Ack Point.</summary>
    public bool WasLostAgainOn(int path) => _outstanding.LastAckOn(path).HasLostAgain;

    /// <inheritdoc cref="DataTransmission.OnOpportunity"/>
    public void OnOpportunity() => _transmission.OnOpportunity();

    /// <summary>The handshake has ended, maybe another one than before: whether messages may be given up.</summary>
    public void OnNegotiated(Extensions extensions) => _mayAbandon = (extensions & Extensions.PartialReliability) != 0;

    /// <inheritdoc cref="Abandonment.OnResetRequested"/>
    public void OnResetRequested() => Abandonment?.OnResetRequested();     // else nothing of before is ever skipped

    /// <summary>The peer has answered the request to reset streams of ours.</summary>
    /// <param name="streams">Which; none for all.</param>
    /// <param name="isDone">Whether they were reset.</param>
    public void OnResetAnswered(ReadOnlySpan<StreamId> streams, bool isDone)
    {
        if (isDone)
        {
            _outstanding.OnStreamsReset(streams);
        }

        _abandonment?.OnResetAnswered();
    }

    /// <summary>Gives up what it is too late for (RFC 3758 §4.1, RFC 7496 §3.1).</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Review() => Abandonment?.Review() == true;

    /// <inheritdoc cref="Abandonment.CanMakeRoom"/>
    public bool CanMakeRoom(in SendOptions options) => Abandonment?.CanMakeRoom(options) == true;

    /// <inheritdoc cref="Abandonment.MakeRoom"/>
    public void MakeRoom(in SendOptions options) => Abandonment?.MakeRoom(options);

    /// <summary>Takes in a SACK (§6.2.1).</summary>
    public AckOutcome OnSack(in SackChunk sack)
    {
        AckOutcome outcome = _outstanding.Acknowledge(_context.Now, sack, _recovery.IsActive, _recovery.IsTimed, _recovery.IsSplit);
        if (outcome.Verdict == AckVerdict.Accepted)
        {
            _queue.OnReleased(outcome.ReleasedBytes);
            _recovery.OnSack(sack, outcome);
            OnAcknowledged();
            if (Window.OnSack(sack.AdvertisedWindow, _outstanding.PayloadInFlight + outcome.UnreportedBytes, outcome.CumulativeAdvanced))
            {
                // The peer dropped the probe because its window was closed. Now it is open: no need to wait for T3-rtx.
                for (int i = 0; i < _paths.Count; i++)
                {
                    MarkLost(_paths[i]);
                }
            }

            _recovery.UpdateTimers(outcome.CumulativeAdvanced);
            _abandonment?.OnSack();                          // RFC 3758 §3.5 A4: after the normal procedures
        }

        return outcome;
    }

    /// <summary>Takes in the Cumulative TSN Ack of a SHUTDOWN chunk (§9.2).</summary>
    public AckOutcome OnCumulativeAck(Tsn cumulativeAck)
    {
        AckOutcome outcome = _outstanding.AcknowledgeCumulative(_context.Now, cumulativeAck, _recovery.IsTimed);
        if (outcome.Verdict == AckVerdict.Accepted)
        {
            _queue.OnReleased(outcome.ReleasedBytes);
            _recovery.OnCumulativeAck();
            OnAcknowledged();
            Window.OnCumulativeAck(_outstanding.PayloadInFlight, outcome.CumulativeAdvanced);
            _recovery.UpdateTimers(outcome.CumulativeAdvanced);
            _abandonment?.OnSack();
        }

        return outcome;
    }

    /// <inheritdoc cref="Recovery.OnEcnEcho"/>
    public bool OnEcnEcho(Tsn lowest) => _recovery.OnEcnEcho(lowest);

    /// <summary>T3-rtx of a path has expired (§6.3.3).</summary>
    /// <returns>Whether it counts as a failure of the path and the peer (§6.1 A, §8.1).</returns>
    public bool OnRetransmissionTimeout(Path path)
    {
        OnOpportunity();
        if (_outstanding.IsEmpty || Window.IsProbing)
        {
            path.Decay();                                     // §6.1 A: a probe is no use of the congestion window
        }

        if (_outstanding.IsEmpty)
        {
            // It was waiting for a closed window to open: the first probe goes out after one RTO (§6.1 A).
            Window.RequestProbe();
            path.Rto.BackOff();
            return false;
        }

        _context.Counters.RetransmissionTimeouts++;
        path.Rto.BackOff();                                  // E2
        bool isAnsweredProbe = Window.IsProbing && Window.HasAnswered;
        if (!Window.IsProbing && !_outstanding.IsFlightOfBefore(path.Index))
        {
            _recovery.OnTimeout(path);                       // E1; a probe says nothing about the network, nor does what went another way
        }

        MarkLost(path);                                      // E3
        _abandonment?.OnTimeout();
        return !isAnsweredProbe;
    }

    /// <inheritdoc cref="OutstandingQueue.BeginAnew"/>
    public void OnPathChanged(Path path) => _outstanding.BeginAnew(path.Index);

    /// <summary>A path is about to be removed: what is in flight there is sent again elsewhere (RFC 5061 §5.3 F13).</summary>
    public void OnPathLeaving(Path path) => MarkLost(path);

    /// <summary>A path is there no longer.</summary>
    /// <param name="path">That path.</param>
    /// <param name="index">What its index was.</param>
    /// <param name="heir">The index, as it is now, of the path that stands for it.</param>
    public void OnPathRemoved(Path path, int index, int heir)
    {
        _outstanding.RemovePath(index, heir);
        _recovery.OnPathRemoved();
        _abandonment?.OnPathRemoved(path);
        OnOpportunity();
    }

    /// <summary>The loss timer of a path has expired (RFC 8985 §6.2 step 5, §7.3).</summary>
    public void OnLossTimer(Path path)
    {
        OnOpportunity();
        Window.OnMarkedLost(_recovery.OnLossTimer(path, !_recovery.IsSplit && path == _paths.ForData() && _transmission.HasNewData));
        if (_outstanding.InFlightOn(path.Index) == 0)
        {
            Timer.Stop(path);                                // R2; what was marked starts it anew when it is sent
        }
    }

    /// <summary>
    /// The handshake was not answered, so neither was the data that went along with COOKIE ECHO: it goes along again.
    /// </summary>
    public void OnSetupRetransmission()
    {
        for (int i = 0; i < _paths.Count; i++)
        {
            MarkLost(_paths[i]);
        }
    }

    /// <summary>The handshake took another turn: what the peer's newer INIT says of its window counts (§5.2.4 B).</summary>
    public void OnNewPeerWindow(uint window) => Window.OnSack(window, _outstanding.PayloadInFlight, advanced: false);

    /// <inheritdoc cref="DataTransmission.WantsPacket"/>
    public Path? WantsPacket(bool isShuttingDown) => _transmission.WantsPacket(isShuttingDown);

    /// <inheritdoc cref="DataTransmission.NextKey"/>
    public ushort? NextKey => _transmission.NextKey;

    /// <inheritdoc cref="DataTransmission.OversizedFor"/>
    public int OversizedFor(Path path) => _transmission.OversizedFor(path);

    /// <inheritdoc cref="DataTransmission.HasDataFor"/>
    public bool HasDataFor(int available) => _transmission.HasDataFor(available);

    /// <inheritdoc cref="DataTransmission.WriteData"/>
    public WrittenData WriteData(ref PacketWriter packet, Path path, bool isShuttingDown) =>
        _transmission.WriteData(ref packet, path, isShuttingDown, Abandonment);

    /// <summary>Writes the FORWARD TSN that is due (RFC 3758 §3.5 C3, F2).</summary>
    public void WriteForwardTsn(ref PacketWriter packet, Path path)
    {
        if (_abandonment!.WriteForwardTsn(ref packet, path))
        {
            Timer.StartIfStopped(path);                      // C5
        }
    }

    /// <inheritdoc cref="DataTransmission.OnDrained"/>
    public void OnDrained()
    {
        if (!_paths.MaySend)
        {
            return;                                          // what waits does so for an address
        }

        _recovery.OnDrained();
        _transmission.OnDrained();
        if (_outstanding.IsAdvanced)
        {
            Timer.StartIfStopped(_paths.ForData());          // C5, for as long as FORWARD TSN is not answered
        }

        CheckTimers();
    }

    /// <summary>The last TSN that was assigned.</summary>
    public Tsn LastTsn => _outstanding.HighestTsn;

    /// <inheritdoc cref="OutstandingQueue.Restart"/>
    public void Restart(Tsn next, Instant until)
    {
        _outstanding.Restart(next, until);
        _abandonment = null;                                 // it counts from other TSNs; nothing is outstanding
        _recovery.Restart();
    }

    /// <summary>Lets everything go.</summary>
    public void Clear() => _outstanding.Clear();

    private Abandonment? Abandonment =>
        _abandonment ??= _mayAbandon && _outstanding.Messages.Unreliable > 0 ? new Abandonment(_context, _queue, _outstanding) : null;

    // It owns nothing.
    private RetransmissionTimer Timer => new(_context, _paths, _outstanding, _queue);

    // The timers of the paths, and the chance to send that a SACK is.
    private void OnAcknowledged()
    {
        long sacks = 1;
        for (int i = 0; i < _paths.Count; i++)
        {
            Path path = _paths[i];
            PathAck ack = _outstanding.LastAckOn(i);
            if (ack.Acknowledged > 0)
            {
                sacks = Math.Max(sacks, Rfc9260Congestion.MergedSacks(ack.Acknowledged, path.MaximumChunk));
            }

            Timer.OnSack(path, ack);
        }

        _transmission.OnSacks(sacks);
    }

    private void MarkLost(Path path)
    {
        Window.OnMarkedLost(_outstanding.MarkLost(path.Index));

        // Nothing is in flight there now: what is sent again, maybe elsewhere, starts the timer of where it goes (R1, R2).
        Timer.Stop(path);
    }

    [Conditional("DEBUG")]
    private void CheckTimers()
    {
        Invariant.Check(!Timer.IsMissing(), "data is in flight and T3-rtx does not run");
        Invariant.Check(
            !_outstanding.HasLost || _outstanding.PayloadInFlight > 0 || _context.Control.Contains(ChunkType.CookieEcho)
                || new CongestionFeedback(_context, _outstanding).IsWaiting(_paths) || !_paths.MaySend,
            "data is marked lost and nothing would send it");
    }
}
