using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>A fragment of a message that cannot be delivered yet.</summary>
/// <param name="Message">The message.</param>
/// <param name="Buffer">Its user data.</param>
/// <param name="Tsn">Its TSN.</param>
internal readonly record struct HeldFragment(OpenMessage Message, PooledBuffer Buffer, Tsn Tsn);

/// <summary>
/// A message of I-DATA chunks that is not complete, or not in its turn: which of its fragments are here (RFC 8260 §2.2.3).
/// Fragment sequence numbers may wrap: they are compared with the first one that was not delivered.
/// </summary>
internal sealed class OpenMessage
{
    private uint _delivered;                                 // fragments before this one are gone
    private uint _highest;
    private uint? _end;

    public StreamId Stream { get; private set; }

    public Mid Mid { get; private set; }

    public bool Unordered { get; private set; }

    public Ppid Ppid { get; private set; }

    /// <summary>Never the same for two messages at a time.</summary>
    public uint Number { get; private set; }

    /// <summary>Whether its first fragment is here, or was delivered.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether a part of it was delivered.</summary>
    public bool IsInParts { get; private set; }

    /// <summary>The lowest TSN of its fragments.</summary>
    public Tsn LowestTsn { get; private set; }

    /// <summary>Fragments that are here.</summary>
    public int Count { get; private set; }

    /// <summary>The first fragment that is here and can be delivered, if any can.</summary>
    public uint First => _delivered;

    /// <summary>The first fragment that is missing.</summary>
    public uint Missing { get; private set; }

    /// <summary>Whether fragments are here that are not contiguous.</summary>
    public bool HasScattered => Count != unchecked((int)(Missing - _delivered));

    /// <summary>How far the last fragment that has come lies behind <see cref="First"/>, with itself; 0 when none is here.</summary>
    public uint Span => Count == 0 ? 0 : unchecked(_highest - _delivered + 1);

    /// <summary>What is here of it is to be let go.</summary>
    public bool IsDiscarded { get; set; }

    /// <summary>Memory of the fragments before that, in bytes.</summary>
    public long ContiguousCharge { get; private set; }

    /// <summary>Whether nothing is missing.</summary>
    public bool IsComplete => _end is { } end && Missing == unchecked(end + 1);

    /// <summary>The messages beside it in the list of all.</summary>
    public OpenMessage? Next { get; set; }

    /// <inheritdoc cref="Next"/>
    public OpenMessage? Previous { get; set; }

    public void Set(in InterleavedDataChunk data, uint number)
    {
        (Stream, Mid, Unordered, Number) = (data.Stream, data.Mid, data.Unordered, number);
        (Ppid, HasBegun, IsInParts, Count, Missing, ContiguousCharge) = (default, false, false, 0, 0, 0);
        (_delivered, _highest, _end) = (0, 0, null);
        LowestTsn = data.Tsn;
        IsDiscarded = false;
    }

    /// <summary>Whether a chunk agrees with what is known of the message, but for a fragment that is here already.</summary>
    public bool Fits(in InterleavedDataChunk data)
    {
        bool isFirst = !IsInParts && data.Fsn == 0;
        return data.Beginning == isFirst && !(data.Beginning && HasBegun)
            && Distance(data.Fsn, _delivered) >= 0
            && (_end is not { } end || (!data.Ending && Distance(data.Fsn, end) < 0))
            && (!data.Ending || Count == 0 || Distance(data.Fsn, _highest) >= 0);
    }

    /// <summary>Whether a fragment that fits may be here already.</summary>
    public bool MayHold(uint fsn) => Count > 0 && Distance(fsn, _highest) <= 0;

    /// <summary>A fragment has come that fits.</summary>
    public void OnAdded(in InterleavedDataChunk data)
    {
        _highest = Count == 0 || Distance(data.Fsn, _highest) > 0 ? data.Fsn : _highest;
        Count++;
        LowestTsn = data.Tsn < LowestTsn ? data.Tsn : LowestTsn;
        if (data.Beginning)
        {
            HasBegun = true;
            Ppid = data.Ppid;
        }

        if (data.Ending)
        {
            _end = data.Fsn;
        }
    }

    /// <summary>The first fragment that was missing is here.</summary>
    public void OnContiguous(long charge)
    {
        Missing = unchecked(Missing + 1);
        ContiguousCharge += charge;
    }

    /// <summary>A fragment was let go, and will come again.</summary>
    /// <param name="fsn">It.</param>
    /// <param name="contiguousCharge">Memory of the fragments in front of it, if it was not behind a missing one.</param>
    public void OnDropped(uint fsn, long contiguousCharge)
    {
        Count--;
        HasBegun &= fsn != 0 || IsInParts;
        _end = _end == fsn ? null : _end;
        if (Distance(fsn, Missing) < 0)
        {
            Missing = fsn;
            ContiguousCharge = contiguousCharge;
        }
    }

    /// <summary>All that was contiguous was delivered.</summary>
    /// <param name="fragments">How many.</param>
    public void OnDelivered(int fragments)
    {
        Count -= fragments;
        _delivered = Missing;
        ContiguousCharge = 0;
        IsInParts = true;
    }

    private static int Distance(uint left, uint right) => unchecked((int)(left - right));
}
