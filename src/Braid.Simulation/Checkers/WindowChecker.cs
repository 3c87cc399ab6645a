using System;
using System.Collections.Generic;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Simulation;

/// <summary>
/// Never more in flight than the windows allow (RFC 9260 §6.1): new data only below cwnd, and never beyond what any SACK that
/// has arrived allows, but for the one probe of a closed window. And nothing again that an NR-SACK says is there for good. Follows one direction of one association from its packets.
/// </summary>
public sealed class WindowChecker
{
    private readonly SortedDictionary<long, int> _lengths = [];
    private readonly HashSet<long> _nonRenegable = [];
    private Tsn _first;
    private long _highest = -1;                              // TSNs as numbers that do not wrap, from 0
    private long _cumulative = -1;
    private long _sentBytes;
    private long _acknowledgedBytes;
    private long _allowed;
    private Tsn? _restart;
    private long _lossProbes;
    private readonly HashSet<StreamId> _unended = [];        // streams of which a message was begun and not ended

    /// <summary>Another association begins.</summary>
    public void Reset()
    {
        _lengths.Clear();
        _nonRenegable.Clear();
        (_highest, _cumulative, _sentBytes, _acknowledgedBytes, _allowed, _lossProbes) = (-1, -1, 0, 0, 0, 0);
        _unended.Clear();
    }

    /// <summary>Looks at a packet that the sender of this direction sends.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="path">How the path that it takes stands now that it is sent.</param>
    /// <param name="peerWindow">What the sender takes for the peer's window; asked for once, before there is a SACK.</param>
    /// <param name="abandoned">User data that was given up and that the peer has not skipped yet: it takes no room there.</param>
    /// <param name="lossProbes">Loss probes that were sent so far: cwnd does not hold one back (RFC 8985 §7.3).</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public string? OnSent(in PacketView packet, PathStatistics? path, long peerWindow, long abandoned = 0, long lossProbes = 0)
    {
        bool isLossProbe = lossProbes > _lossProbes;
        _lossProbes = lossProbes;
        long newOnWire = 0;
        long oldOnWire = 0;
        ChunkReader chunks = packet.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            if (DataView.TryReadForward(chunk, out Tsn skipped) && Number(skipped, _highest) > _highest && !TakeUnsentEnds(skipped))
            {
                return $"TSN {skipped} is skipped and was never sent";
            }

            if (!DataView.TryRead(chunk, out Tsn tsn, out StreamId stream, out int length, out int onWire, out DataFlags flags))
            {
                continue;
            }

            if (_highest < 0)
            {
                _first = tsn;
                _allowed = peerWindow + packet.Bytes.Length;
            }

            long number = Number(tsn, _highest);
            if (_nonRenegable.Contains(number))
            {
                return $"TSN {tsn} is sent again, and the peer has it for good";
            }

            if (number <= _highest)
            {
                oldOnWire += onWire;
                continue;
            }

            // What follows one on the same stream is the beginning of another one; where messages are interleaved, it may be anything.
            if (number > _highest + 1 && (chunk.Type == ChunkType.IData || (flags & DataFlags.Beginning) != 0))
            {
                TakeUnsentEnds(tsn.Previous);
            }

            if (number != _highest + 1)
            {
                return $"TSN {tsn} leaves some out";
            }

            bool isProbe = _cumulative == _highest;
            newOnWire += onWire;
            _highest = number;
            _lengths[number] = length;
            _sentBytes += length;
            if (chunk.Type == ChunkType.Data && (flags & DataFlags.Beginning) != 0)
            {
                _unended.Clear();                            // nothing comes between the fragments of a message
            }

            if ((flags & DataFlags.Ending) != 0)
            {
                _unended.Remove(stream);
            }
            else
            {
                _unended.Add(stream);
            }

            if (_sentBytes > _allowed + abandoned && !isProbe)
            {
                return $"TSN {tsn} is {_sentBytes - _allowed} bytes beyond the window of the peer";
            }
        }

        long before = (path?.InFlight ?? 0) - newOnWire - oldOnWire;
        return newOnWire > 0 && path is not null && !isLossProbe && before >= path.CongestionWindow && before > 0
            ? $"new data is sent with {before} bytes in flight and a cwnd of {path.CongestionWindow}"
            : null;
    }

    /// <summary>Looks at a packet that reaches the sender of this direction.</summary>
    public void OnArrived(in PacketView packet)
    {
        ChunkReader chunks = packet.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            if (chunk.Type == ChunkType.Sack && SackChunk.TryRead(chunk, out SackChunk sack))
            {
                OnSack(sack);
            }
            else if (chunk.Type == ChunkType.NrSack && NrSackChunk.TryRead(chunk, out NrSackChunk nrSack))
            {
                OnSack(nrSack);
            }
            else if (chunk.Type == ChunkType.ReConfig && ReConfigChunk.TryRead(chunk, out ReConfigChunk answer))
            {
                OnAnswer(answer);
            }
            else if (chunk.Type == ChunkType.Shutdown && ShutdownChunk.TryRead(chunk, out ShutdownChunk shutdown))
            {
                Acknowledge(Number(shutdown.CumulativeAck, _cumulative));
            }
        }
    }

    // RFC 6525 §5.2.7 H5: from here on there are other TSNs. The answer may come more than once.
    private void OnAnswer(in ReConfigChunk answer)
    {
        ParameterReader parameters = answer.Parameters;
        while (parameters.TryRead(out ParameterView parameter))
        {
            if (parameter.Type == ParameterType.ReconfigurationResponse
                && ReconfigurationResponseParameter.TryRead(parameter, out ReconfigurationResponseParameter response)
                && response.ReceiverNext is { } next && next != _restart)
            {
                Reset();
                _restart = next;
            }
        }
    }

    private void OnSack(in SackChunk sack)
    {
        if (!TryAcknowledge(sack.CumulativeAck))
        {
            return;
        }

        long gapBytes = 0;
        for (int i = 0; i < sack.GapCount; i++)
        {
            gapBytes += BytesIn(sack.Gap(i));
        }

        _allowed = Math.Max(_allowed, _acknowledgedBytes + gapBytes + sack.AdvertisedWindow);
    }

    private void OnSack(in NrSackChunk sack)
    {
        if (!TryAcknowledge(sack.CumulativeAck))
        {
            return;
        }

        long gapBytes = 0;
        for (int i = 0; i < sack.RenegableCount; i++)
        {
            gapBytes += BytesIn(sack.Renegable(i));
        }

        for (int i = 0; i < sack.NonRenegableCount; i++)
        {
            GapAckBlock gap = sack.NonRenegable(i);
            gapBytes += BytesIn(gap);
            for (long number = _cumulative + gap.Start; number <= _cumulative + gap.End; number++)
            {
                _nonRenegable.Add(number);
            }
        }

        _allowed = Math.Max(_allowed, _acknowledgedBytes + gapBytes + sack.AdvertisedWindow);
    }

    private bool TryAcknowledge(Tsn cumulativeAck)
    {
        long cumulative = Number(cumulativeAck, _cumulative);
        if (_highest < 0 || cumulative < _cumulative || cumulative > _highest)
        {
            return false;                                    // an old one, or another association's
        }

        Acknowledge(cumulative);
        return true;
    }

    private long BytesIn(GapAckBlock gap)
    {
        long bytes = 0;
        for (long number = _cumulative + gap.Start; number <= _cumulative + gap.End; number++)
        {
            bytes += _lengths.GetValueOrDefault(number);
        }

        return bytes;
    }

    private void Acknowledge(long cumulative)
    {
        while (_cumulative < cumulative && _cumulative < _highest)
        {
            _cumulative++;
            _lengths.Remove(_cumulative, out int length);
            _nonRenegable.Remove(_cumulative);
            _acknowledgedBytes += length;
        }
    }

    /// <summary>Each message that is given up in its middle takes one TSN for the rest of it, which is skipped and never sent.</summary>
    private bool TakeUnsentEnds(Tsn upTo)
    {
        long end = Number(upTo, _highest);
        if (end - _highest > _unended.Count)
        {
            return false;
        }

        while (_highest < end)
        {
            _lengths[++_highest] = 0;
        }

        return true;
    }

    private long Number(Tsn tsn, long near) => tsn.DistanceFrom(_first + (int)near) + near;
}
