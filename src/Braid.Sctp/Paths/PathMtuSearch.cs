using System;

namespace Braid.Sctp;

/// <summary>
/// The largest IP packet that one path carries, found by trying (DPLPMTUD, RFC 8899 §5): probes that are lost are no sign of
/// congestion and no failure of the path. It knows sizes and what was answered; packets and timers belong to others.
/// </summary>
internal sealed class PathMtuSearch
{
    /// <summary>How long a size that was found is not questioned (PMTU_RAISE_TIMER, §5.1.1).</summary>
    public static readonly TimeSpan RaiseInterval = TimeSpan.FromSeconds(600);

    private const int MaximumProbes = 3;                     // MAX_PROBES, §5.1.2
    private const int TimeoutsForBlackHole = 2;
    private const int WorthSplitting = 128;                  // tunnels take odd amounts off an Ethernet; beyond it, sizes are round
    private const int Granularity = 4;                       // chunks are no finer (RFC 9260 §3.2)

    private static readonly TimeSpan s_leastProbeTimer = TimeSpan.FromSeconds(1);        // §5.1.1

    private readonly int _base;
    private int _tooLarge = int.MaxValue;                    // the least size that is known not to get through
    private int _probed;
    private int _probes;                                     // PROBE_COUNT
    private int _timeouts;
    private ulong _nonce;

    /// <param name="baseSize">BASE_PLPMTU: where the search begins and what it falls back to, in bytes.</param>
    public PathMtuSearch(int baseSize)
    {
        _base = baseSize;
        Size = baseSize;
    }

    // The sizes of §5.3.2 that paths are likely to have, rising.
    private static ReadOnlySpan<int> CommonSizes => [1280, 1400, 1420, 1492, 1500, 4352, 9000, 16384, 65535];

    /// <summary>PLPMTU: the largest packet that is known to get through, IP header included, in bytes.</summary>
    public int Size { get; private set; }

    /// <summary>Whether the search is on, or was and will be again.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether a probe of <see cref="ProbeSize"/> is to be sent.</summary>
    public bool WantsProbe { get; private set; }

    /// <summary>Bytes of the probe, IP header included.</summary>
    public int ProbeSize => _probed;

    /// <summary>Not even the base size gets through: packets are better fragmented on their way than lost (ERROR, §5.2, §5.4).</summary>
    public bool IsInError { get; private set; }

    /// <summary>Begins to search, or to search again.</summary>
    /// <param name="maximum">MAX_PLPMTU.</param>
    public void Begin(int maximum)
    {
        HasBegun = true;
        _tooLarge = int.MaxValue;
        Probe(IsInError ? _base : Next(maximum));
    }

    /// <summary>The probe is on its way.</summary>
    /// <param name="nonce">What its answer will say.</param>
    /// <param name="rto">The path's.</param>
    /// <returns>How long to wait for the answer (PROBE_TIMER).</returns>
    public TimeSpan OnProbeSent(ulong nonce, TimeSpan rto)
    {
        WantsProbe = false;
        _probes++;
        _nonce = nonce;
        return rto > s_leastProbeTimer ? rto : s_leastProbeTimer;
    }

    /// <summary>The timer has expired: a probe was not answered, or the size is old.</summary>
    /// <param name="maximum">MAX_PLPMTU.</param>
    /// <returns>Whether to wait for <see cref="RaiseInterval"/> now.</returns>
    public bool OnTimer(int maximum)
    {
        if (_probed == 0)
        {
            HasBegun = false;                                // nobody needs it before a packet is full again (§4.3)
            return false;
        }

        if (_probes < MaximumProbes)
        {
            WantsProbe = true;
            return false;
        }

        _tooLarge = _probed;
        Probe(IsInError ? 0 : Next(maximum));
        return !WantsProbe;
    }

    /// <summary>Takes in the answer to a heartbeat.</summary>
    /// <param name="nonce">What it says.</param>
    /// <param name="maximum">MAX_PLPMTU.</param>
    /// <param name="isDone">Whether the search is over for now.</param>
    /// <returns>False when it is not the one to the last probe.</returns>
    public bool TryConfirm(ulong nonce, int maximum, out bool isDone)
    {
        isDone = false;
        if (_probed == 0 || WantsProbe || nonce != _nonce)
        {
            return false;
        }

        Size = _probed;
        IsInError = false;
        Probe(Next(maximum));
        isDone = !WantsProbe;
        return true;
    }

    /// <summary>What was sent on the path is acknowledged in order: nothing disappears.</summary>
    public void OnProgress() => _timeouts = 0;

    /// <summary>T3-rtx has expired, and nothing was acknowledged in order since: larger packets may have a black hole (§4.3).</summary>
    /// <returns>Whether packets are as small as the base from now on, or may be fragmented.</returns>
    public bool OnTimeout()
    {
        _timeouts++;
        if (_timeouts < TimeoutsForBlackHole || IsInError)
        {
            return false;
        }

        _timeouts = 0;
        IsInError = Size == _base;
        Size = _base;
        Probe(0);
        HasBegun = IsInError;                                // else the next full packet begins it
        return true;
    }

    /// <summary>
    /// Somebody on the way says how much the next link carries (§4.6.2). That is a hint, and no proof: it says what to try next, and what not.
    /// </summary>
    /// <param name="size">Bytes, IP header included.</param>
    /// <param name="maximum">MAX_PLPMTU.</param>
    /// <returns>False when it says nothing new.</returns>
    public bool OnPacketTooBig(int size, int maximum)
    {
        if (size >= Math.Max(Size, _probed) || (size < _base && IsInError))
        {
            return false;
        }

        _timeouts = 0;
        _tooLarge = size + 1;
        HasBegun = true;
        if (size < _base)
        {
            IsInError = true;                                // better fragmented than lost
            Size = _base;
            Probe(0);
            return true;
        }

        Size = size < Size ? _base : Size;
        int next = Math.Min(size, maximum);
        Probe(next > Size ? next : 0);
        return true;
    }

    // Rising through the common sizes; where one is too large, the room below it is halved if that is worth anything.
    private int Next(int maximum)
    {
        int limit = Math.Min(_tooLarge, maximum < int.MaxValue ? maximum + 1 : maximum);
        foreach (int size in CommonSizes)
        {
            if (size > Size && size < limit)
            {
                return size;
            }
        }

        if (_tooLarge > maximum)
        {
            return maximum > Size ? maximum : 0;
        }

        int half = Size + ((_tooLarge - Size) / 2 / Granularity * Granularity);
        return _tooLarge - Size <= WorthSplitting && half > Size ? half : 0;
    }

    private void Probe(int size)
    {
        _probed = size;
        _probes = 0;
        WantsProbe = size != 0;
    }
}
