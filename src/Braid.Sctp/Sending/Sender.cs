using System;
using System.Diagnostics;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// The sending half of an association: what is outstanding, what the windows allow, what has to be sent again and when
/// (RFC 9260 §6.1, §6.2.1, §6.3, §7.2).
/// </summary>
internal sealed class Sender
{
    private readonly AssociationContext _context;
    private readonly PathSet _paths;
    private readonly SendQueue _queue;
    private readonly OutstandingQueue _outstanding;
    private FastRecovery _recovery;
    private BurstLimit _burst;
    private EcnResponse _ecn;
    private SpuriousRecovery _spurious;
    private Abandonment? _abandonment;                       // made for the first message that may be given up
    private bool _mayAbandon;
    private readonly TailLossProbe _probe = new();

    public Sender(AssociationContext context, PathSet paths, SendQueue queue, OutboundMessagePool messages, in Negotiated negotiated)
    {
        _context = context;
        _paths = paths;
        _queue = queue;
        _outstanding = new OutstandingQueue(negotiated.LocalInitialTsn, messages);
        _burst = new BurstLimit(context);
        Window = new PeerWindow(negotiated.PeerWindow);
        _burst.Renew();
    }

    public PeerWindow Window { get; }

    /// <summary>User data in flight on all paths, in bytes.</summary>
    public long PayloadInFlight => _outstanding.PayloadInFlight;

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
    public bool WasAcknowledgedOn(int path) => _outstanding.LastAckOn(path).Acknowledged > 0;

    /// <summary>Whether what was sent again on a path was just found to be lost again, and holds up the Cumulative TSN Ack Point.</summary>
    public bool WasLostAgainOn(int path) => _outstanding.LastAckOn(path).HasLostAgain;

    /// <summary>A chance to send: the application sent, or a timer expired.</summary>
    public void OnOpportunity() => _burst.Renew();

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
        bool wasInRecovery = _recovery.IsActive;
        AckOutcome outcome = _outstanding.Acknowledge(_context.Now, sack, wasInRecovery, Losses.IsTimed);
        if (outcome.Verdict == AckVerdict.Accepted)
        {
            if (sack.DuplicateCount > 0 && _probe.IsAllowed && _spurious.OnDuplicates(sack.DuplicateCount) is { } path)
            {
                _paths[path].Congestion.OnSpuriousRecovery();
            }

            Apply(outcome, Losses.OnSack(sack, outcome));
            if (Window.OnSack(sack.AdvertisedWindow, _outstanding.PayloadInFlight + outcome.UnreportedBytes, outcome.CumulativeAdvanced))
            {
                // The peer dropped the probe because its window was closed. Now it is open: no need to wait for T3-rtx.
                for (int i = 0; i < _paths.Count; i++)
                {
                    MarkLost(_paths[i]);
                }
            }

            Losses.UpdateTimers(outcome.CumulativeAdvanced);
            _abandonment?.OnSack();                          // RFC 3758 §3.5 A4: after the normal procedures
        }

        return outcome;
    }

    /// <summary>Takes in the Cumulative TSN Ack of a SHUTDOWN chunk (§9.2).</summary>
    public AckOutcome OnCumulativeAck(Tsn cumulativeAck)
    {
        AckOutcome outcome = _outstanding.AcknowledgeCumulative(_context.Now, cumulativeAck, Losses.IsTimed);
        if (outcome.Verdict == AckVerdict.Accepted)
        {
            Apply(outcome, repaired: null);
            Window.OnCumulativeAck(_outstanding.PayloadInFlight, outcome.CumulativeAdvanced);
            Losses.UpdateTimers(outcome.CumulativeAdvanced);
            _abandonment?.OnSack();
        }

        return outcome;
    }

    /// <summary>Takes in an ECNE (RFC 2960 Appendix A).</summary>
    /// <param name="lowest">The lowest TSN of the packet that was marked.</param>
    /// <returns>Whether it can be: it names what was sent.</returns>
    public bool OnEcnEcho(Tsn lowest)
    {
        if (lowest > _outstanding.HighestTsn)
        {
            return false;
        }

        if (_ecn.MustReduce(lowest, _outstanding.HighestTsn, _recovery.IsActive))
        {
            Path path = _paths[_outstanding.PathOf(lowest) ?? _paths.Primary.Index];
            path.Congestion.OnCongestion(Feedback.Congestion(path, isMark: true));      // RFC 3168 §6.1.2: as for a loss
            _context.Counters.EcnReductions++;
        }

        return true;
    }

    /// <summary>T3-rtx of a path has expired (§6.3.3).</summary>
    /// <returns>Whether it counts as a failure of the path and the peer (§6.1 A, §8.1).</returns>
    public bool OnRetransmissionTimeout(Path path)
    {
        _burst.Renew();
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
        if (!Window.IsProbing)
        {
            path.Congestion.OnTimeout(Feedback.Congestion(path));     // E1; a probe says nothing about the network
            _recovery.OnTimeout(_context.Now, _outstanding.HighestTsn);
            _spurious.Begin(path.Index);
            Losses.OnRecovery();
        }

        MarkLost(path);                                      // E3
        _abandonment?.OnTimeout();
        return !isAnsweredProbe;
    }

    /// <summary>The loss timer of a path has expired (RFC 8985 §6.2 step 5, §7.3).</summary>
    public void OnLossTimer(Path path)
    {
        _burst.Renew();
        int full = _paths.MaximumPayload;
        bool mayBeNew = path == _paths.ForData() && _queue.TryPeek(full, full, out int length) && MayCut(length);
        _outstanding.BeginTimer(path.Index);
        long marked = Losses.OnTimer(path, mayBeNew);
        Window.OnMarkedLost(marked);
        if (_outstanding.LastAckOn(path.Index).Lost is > 0 and long lost)
        {
            Feedback.OnLost(path, lost);
        }

        if (_outstanding.InFlightOn(path.Index) == 0)
        {
            Timer.Stop(path);                                // R2; what was marked starts it anew when it is sent
        }

        if (marked > 0 && !_probe.IsOwed && _recovery.TrySlowDown(path, Feedback.Congestion(path), _outstanding.LastAckOn(path.Index).LossSentAt, isTimed: true))
        {
            _spurious.Begin(path.Index);
            EnterRecovery();
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

    /// <summary>The path that data would take now, or null when there is none to send or none may be sent.</summary>
    /// <param name="isShuttingDown">Whether nothing more will come that would be worth waiting for.</param>
    public Path? WantsPacket(bool isShuttingDown)
    {
        if (_outstanding.TryPeekLost(out LostChunk lost))
        {
            Path again = _paths.ForRetransmission(_paths[lost.Path], lost.ByTimeout);
            return OwesRetransmission || MaySend(again) ? again : null;
        }

        Path path = _paths.ForData();
        if (_probe.OwesNew)
        {
            return path;
        }

        if (!AllowsNew(path) || !MaySend(path))
        {
            return null;
        }

        // RFC 6458 §8.1.5: what is in flight will be acknowledged, at the latest after SACK.Delay, or T3-rtx expires.
        if (!_context.Options.NoDelay && !isShuttingDown && _outstanding.PayloadInFlight > 0 && _queue.IsSmall(_paths.MaximumChunk))
        {
            return null;
        }

        int full = _paths.MaximumPayload;
        return _queue.TryPeek(full, full, out int length) && MayCut(length) ? path : null;
    }

    /// <summary>Bytes of the chunk that goes next, when no packet on that path could hold it; else 0.</summary>
    public int OversizedFor(Path path) =>
        _outstanding.TryPeekLost(out LostChunk lost) && lost.WireLength > path.MaximumChunk ? lost.WireLength : 0;

    /// <summary>Whether the next DATA chunk fits into this much of a packet.</summary>
    public bool HasDataFor(int available)
    {
        if (_outstanding.TryPeekLost(out LostChunk lost))
        {
            return lost.WireLength <= available;
        }

        int full = _paths.MaximumPayload;
        return _queue.TryPeek(Math.Min(available - _paths.DataHeader, full), full, out _);
    }

    /// <summary>Fills what is left of a packet with retransmissions, then with new data (§6.1 C, E).</summary>
    /// <returns>What DATA chunks were written.</returns>
    public WrittenData WriteData(ref PacketWriter packet, Path path, bool isShuttingDown)
    {
        long before = _outstanding.TotalSentOn(path.Index);
        bool wroteLost = WriteLost(ref packet, path);
        bool wroteNew = !_outstanding.HasLost && WriteNew(ref packet, path, isShuttingDown);
        if (!wroteLost && !wroteNew)
        {
            return WrittenData.None;
        }

        if (_probe.IsOwed)
        {
            _probe.OnSent(path.Index, _outstanding.HighestTsn);
            _context.Counters.LossProbes++;
            Timer.Restart(path);                             // RFC 8985 §7.3
        }

        if (wroteNew)
        {
            _burst.OnPacketSent();
            Losses.OnSent(path);
        }

        _recovery.OnPacketSent();
        path.OnPacketSent(_outstanding.TotalSentOn(path.Index) - before);
        return wroteLost ? WrittenData.Retransmissions : WrittenData.New;
    }

    /// <summary>Writes the FORWARD TSN that is due (RFC 3758 §3.5 C3, F2).</summary>
    public void WriteForwardTsn(ref PacketWriter packet, Path path)
    {
        if (_abandonment!.WriteForwardTsn(ref packet, path))
        {
            Timer.StartIfStopped(path);                      // C5
        }
    }

    /// <summary>
    /// Nothing more can be sent now. When that is because the peer's window is closed and nothing is outstanding, no answer
    /// will come by itself: T3-rtx then times the probe.
    /// </summary>
    public void OnDrained()
    {
        _burst.Reset();
        _probe.Cancel();                              // there is no data any more for the probe that was to go
        Path path = _paths.ForData();
        Path next = _outstanding.TryPeekLost(out LostChunk lost) ? _paths.ForRetransmission(_paths[lost.Path], lost.ByTimeout) : path;
        if (!_outstanding.HasLost && !_queue.HasNext)
        {
            Feedback.OnRanOut(path);
        }
        else if (!next.MayLeave)
        {
            Feedback.OnHeldBack(next);
        }
        else if (_outstanding.IsEmpty && _queue.HasNext)
        {
            Timer.StartIfStopped(path);
        }

        if (_outstanding.IsAdvanced)
        {
            Timer.StartIfStopped(path);                      // C5, for as long as FORWARD TSN is not answered
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
        _recovery.Leave();                                   // its exit point is a TSN of before
        _probe.Forget();
        _ecn = default;
    }

    /// <summary>Lets everything go.</summary>
    public void Clear() => _outstanding.Clear();

    private Abandonment? Abandonment =>
        _abandonment ??= _mayAbandon && _outstanding.Messages.Unreliable > 0 ? new Abandonment(_context, _queue, _outstanding) : null;

    // They own nothing.
    private RetransmissionTimer Timer => new(_context, _paths, _outstanding, _queue);

    private LossDetection Losses => new(_context, _paths, _outstanding, _recovery.IsRepairing, Window, _probe);

    private CongestionFeedback Feedback => new(_context, _outstanding);

    private bool OwesRetransmission => _recovery.OwesPacket || _probe.OwesOld;

    private void Apply(in AckOutcome outcome, Path? repaired)
    {
        _queue.OnReleased(outcome.ReleasedBytes);
        bool hasRecovered = _recovery.OnCumulativeAck(_outstanding.CumulativeAck);
        Losses.OnAcknowledged(hasRecovered);
        bool startsRecovery = false;
        long sacks = 1;
        for (int i = 0; i < _paths.Count; i++)
        {
            Path path = _paths[i];
            PathAck ack = _outstanding.LastAckOn(i);
            if (!ack.TimedSince.IsNever)
            {
                path.Rto.Observe(_context.Now - ack.TimedSince);
                _probe.OnSample();
            }

            if (ack.Acknowledged > 0)
            {
                sacks = Math.Max(sacks, Rfc9260Congestion.MergedSacks(ack.Acknowledged, path.MaximumChunk));
            }

            if (hasRecovered)
            {
                path.Congestion.OnRecovered();
            }

            // §7.2.4: the growth for what was acknowledged comes before the reduction for what was lost.
            Feedback.OnSack(path, ack, _recovery.IsActive);
            if (ack.HasLoss && _recovery.TrySlowDown(path, Feedback.Congestion(path), ack.LossSentAt, Losses.IsTimed))
            {
                startsRecovery = true;
                _spurious.Begin(i);
            }

            Timer.OnSack(path, ack);
        }

        _burst.Extend(sacks);
        if (startsRecovery)
        {
            EnterRecovery();
        }
        else if (!_recovery.IsRepairing)
        {
            repaired?.Congestion.OnCongestion(Feedback.Congestion(repaired));           // RFC 8985 §7.4.2
        }
    }

    private void EnterRecovery()
    {
        _recovery.Enter(_context.Now, _outstanding.HighestTsn);
        Losses.OnRecovery();
    }

    private bool WriteLost(ref PacketWriter packet, Path path)
    {
        bool wrote = false;
        while (TryPeekWorthy(out LostChunk lost) && lost.WireLength <= packet.Available
            && (wrote || OwesRetransmission || MaySend(path)))
        {
            Feedback.OnSending(path);
            bool isAlone = _outstanding.PayloadInFlight == 0 && _outstanding.GapAckedCount == 0;
            OutgoingChunk chunk = _outstanding.TakeLost(_context.Now, path.Index, out bool isEarliest);
            Write(ref packet, chunk);
            Window.OnRetransmitted(chunk.Length, isAlone);
            _context.Counters.ChunksRetransmitted++;
            _spurious.OnSentAgain();
            if (_recovery.IsActive)
            {
                _context.Counters.FastRetransmissions++;
            }

            if (isEarliest)
            {
                Timer.Restart(path);                        // §6.1
            }

            Timer.StartIfStopped(path);
            wrote = true;
        }

        return wrote;
    }

    // §4.1 TR4: before each retransmission. What the last one had before it may be first now.
    private bool TryPeekWorthy(out LostChunk lost)
    {
        Abandonment?.ReviewLost();
        return _outstanding.TryPeekLost(out lost);
    }

    private bool WriteNew(ref PacketWriter packet, Path path, bool isShuttingDown)
    {
        if (!_probe.OwesNew && (!AllowsNew(path) || !MaySend(path)))
        {
            return false;
        }

        bool wrote = false;
        int full = _paths.MaximumPayload;
        _queue.BeginPacket();
        while (_queue.TryPeek(Math.Min(packet.Available - _paths.DataHeader, full), full, out int length) && MayCut(length))
        {
            Feedback.OnSending(path);
            Fragment fragment = _queue.Cut(length, sackImmediately: isShuttingDown);
            Write(ref packet, _outstanding.Add(_context.Now, fragment, path.Index));
            Window.OnSent(length);
            _context.Counters.ChunksSent++;
            _context.Counters.PayloadBytesSent += length;
            Timer.StartIfStopped(path);                      // R1
            wrote = true;
            if (_queue.TryTakeLow(out AssociationEvent? low))
            {
                _context.Report(low);
            }
        }

        _queue.EndPacket();
        return wrote;
    }

    private static void Write(ref PacketWriter packet, in OutgoingChunk chunk)
    {
        ReadOnlySpan<byte> payload = chunk.Message.Buffer.Span.Slice(chunk.Offset, chunk.Length);
        bool fits = chunk.Fsn is { } fsn
            ? InterleavedDataChunk.Write(ref packet, chunk.InterleavedHeader(fsn), payload)
            : DataChunk.Write(ref packet, chunk.Header, payload);
        Invariant.Check(fits, "a chunk was cut larger than the packet");
    }

    private void MarkLost(Path path)
    {
        Window.OnMarkedLost(_outstanding.MarkLost(path.Index));

        // Nothing is in flight there now: what is sent again, maybe elsewhere, starts the timer of where it goes (R1, R2).
        Timer.Stop(path);
    }

    // §6.1 B: below cwnd a whole packet may go, even if it reaches over.
    private bool MaySend(Path path)
    {
        long inFlight = _outstanding.InFlightOn(path.Index);
        return path.MayLeave && (inFlight == 0 || (inFlight < path.Congestion.Window && !path.Congestion.IsLimitedToOnePacket));
    }

    // §6.1 D: bursts are bounded, by Max.Burst or by the pacer.
    private bool AllowsNew(Path path) => _burst.AllowsPacket || path.IsPaced;

    // §6.1 A: new data needs room at the peer; a probe does not, but then nothing else may be outstanding.
    // Nor may more be outstanding than serial numbers tell apart: beyond 2^15 ordered messages of one stream their SSNs wrap.
    private bool MayCut(int length) => _outstanding.Count < TsnTracker.FarthestAhead
        && (length <= Window.Available || (Window.WantsProbe && _outstanding.IsEmpty));

    [Conditional("DEBUG")]
    private void CheckTimers()
    {
        Invariant.Check(!Timer.IsMissing(), "data is in flight and T3-rtx does not run");
        Invariant.Check(
            !_outstanding.HasLost || _outstanding.PayloadInFlight > 0 || _context.Control.Contains(ChunkType.CookieEcho) || Feedback.IsWaiting(_paths),
            "data is marked lost and nothing would send it");
    }
}
