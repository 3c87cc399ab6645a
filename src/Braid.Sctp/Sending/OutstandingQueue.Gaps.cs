using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// The part of the queue that reads Gap Ack Blocks (RFC 9260 §6.2.1), and lets go of what an NR-SACK says is never taken back
/// (draft-natarajan-tsvwg-sctp-nrsack): of that only the TSN is left, until it is cumulatively acknowledged.
/// </summary>
internal sealed partial class OutstandingQueue
{
    /// <summary>What the Gap Ack Blocks of a SACK say.</summary>
    private struct GapReport
    {
        /// <summary>The offset of the highest newly acknowledged chunk, or -1.</summary>
        public int HighestNew;

        /// <summary>The last offset that is reported, or -1.</summary>
        public int HighestReported;

        /// <summary>User data that nothing is left to do for, in bytes.</summary>
        public long Released;
    }

    // The peer says that it lacks what it had promised to keep. No SACK that was overtaken on its way says so.
    private bool IsPromiseBroken => _count > 0 && At(0).IsNonRenegable;

    private GapReport ApplyGaps(in SackChunk sack)
    {
        var report = new GapReport { HighestNew = -1, HighestReported = -1 };
        (int renegable, int nonRenegable) = (0, 0);
        (int lastRenegable, int lastNonRenegable) = (-1, -1);

        // Both lists go from low to high, and so do both together here: the first chunk of a path is looked at first.
        while (renegable < sack.GapCount || nonRenegable < sack.NonRenegableCount)
        {
            if (nonRenegable < sack.NonRenegableCount
                && (renegable == sack.GapCount || sack.NonRenegable(nonRenegable).Start < sack.Gap(renegable).Start))
            {
                lastNonRenegable = ApplyGap(sack.NonRenegable(nonRenegable++), lastNonRenegable, isNonRenegable: true, ref report);
            }
            else
            {
                lastRenegable = ApplyGap(sack.Gap(renegable++), lastRenegable, isNonRenegable: false, ref report);
            }
        }

        return report;
    }

    private int ApplyGap(GapAckBlock gap, int last, bool isNonRenegable, ref GapReport report)
    {
        // The TSN behind the Cumulative TSN Ack is missing, whatever a block says: else nothing would ever send it again.
        int start = Math.Max(gap.Start - 1, 1);
        int end = Math.Min(gap.End - 1, _count - 1);

        // Blocks go from low to high (§3.3.4). One that does not would only buy the peer work of ours.
        if (start <= last || start > end)
        {
            return last;
        }

        for (int offset = start; offset <= end; offset++)
        {
            ref OutstandingChunk chunk = ref At(offset);
            chunk.ReportedBy = _sackNumber;
            if (chunk.State == ChunkState.Abandoned)
            {
                continue;
            }

            if (chunk.State != ChunkState.GapAcked)
            {
                report.HighestNew = Math.Max(report.HighestNew, offset);
                OnNewlyAcknowledged(ref chunk, TsnAt(offset), offset);
                chunk.State = ChunkState.GapAcked;
                _gapAckedCount++;
            }

            if (isNonRenegable && !chunk.IsNonRenegable)
            {
                chunk.IsNonRenegable = true;
                report.Released += chunk.Length;
                _messages.SettleFragment(chunk.Message);
            }
        }

        report.HighestReported = Math.Max(report.HighestReported, end);
        return end;
    }
}
