using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// What we ask the peer to change (RFC 6525 §5.1): requests in the order in which they were asked for, of which one chunk at a
/// time is on its way, its numbers, and its retransmission timer.
/// </summary>
internal sealed class ReconfigurationRequests(AssociationContext context, Tsn initialTsn)
{
    private const int MostWaiting = 64;

    private static readonly TimerId s_timer = new(TimerKind.Reconfiguration);

    private readonly List<ReconfigurationRequest[]> _waiting = [];
    private readonly List<ReconfigurationRequest> _announced = [];
    private ReconfigurationRequest[] _inFlight = [];
    private byte[] _chunk = [];
    private uint _next = initialTsn.Value;                   // §4.1: it begins like the TSNs
    private TimeSpan _timeout;

    /// <summary>Whether nothing is asked for.</summary>
    public bool IsEmpty => _inFlight.Length == 0 && _waiting.Count == 0;

    /// <summary>Whether a request has no answer yet.</summary>
    public bool IsInFlight => _inFlight.Length > 0;

    /// <summary>Whether the association is to be reset at our request, and the peer may have done so already.</summary>
    public bool AwaitsAssociationReset => _inFlight is [{ Type: ParameterType.AssociationResetRequest }];

    /// <summary>
    /// The peer has reset the association, and we cannot yet: its answer is kept, and what it sends after the reset has to come again.
    /// </summary>
    public ReconfigurationResponseParameter? Held { get; set; }

    /// <summary>When our application last asked for a reset of the association; null for never.</summary>
    public Instant? LastAssociationReset { get; set; }

    /// <summary>The path that the requests took last.</summary>
    public Path? LastPath { get; private set; }

    /// <summary>Transmissions of the chunk on its way.</summary>
    public int Transmissions { get; private set; }

    /// <summary>Whether the peer has said that it is at work (§5.2.7 H2): then silence is no failure.</summary>
    public bool IsPeerAtWork { get; private set; }

    /// <summary>The requests that are asked for next, in one chunk; none when there are none.</summary>
    public ReconfigurationRequest[] Next => _waiting.Count > 0 ? _waiting[0] : [];

    /// <summary>Whether one more may be asked for, other than to reset outgoing streams: each of those waits for one reset at most.</summary>
    public bool HasRoom => _waiting.Count < MostWaiting;

    /// <summary>Puts requests that go in one chunk at the end.</summary>
    public void Add(params ReconfigurationRequest[] requests) => _waiting.Add(requests);

    /// <summary>Puts a request that the peer wants from us before all others.</summary>
    public void AddFirst(ReconfigurationRequest request) => _waiting.Insert(0, [request]);

    /// <summary>
    /// Takes the next requests for a chunk. Streams that are reset one by one go along with the first of them, as long as they fit.
    /// </summary>
    /// <param name="maximumStreams">Streams that one chunk names at most.</param>
    /// <param name="isReady">Whether one may go along.</param>
    public ReconfigurationRequest[] TakeNext(int maximumStreams, Predicate<ReconfigurationRequest> isReady)
    {
        List<ReconfigurationRequest> taken = [.. _waiting[0]];
        _waiting.RemoveAt(0);
        int streams = taken[0].Streams.Length;
        bool mayMerge = taken is [{ Type: ParameterType.OutgoingResetRequest, Answers: null, Streams.Length: > 0 }];
        for (int i = 0; mayMerge && i < _waiting.Count;)
        {
            if (_waiting[i] is [{ Type: ParameterType.OutgoingResetRequest, Answers: null, Streams.Length: > 0 } other]
                && streams + other.Streams.Length <= maximumStreams && isReady(other))
            {
                streams += other.Streams.Length;
                taken.Add(other);
                _waiting.RemoveAt(i);
            }
            else
            {
                i++;
            }
        }

        _inFlight = [.. taken];
        uint number = 0;
        for (int i = 0; i < _inFlight.Length; i++)
        {
            // Those of one type share a parameter, and so a number.
            number = i > 0 && _inFlight[i].Type == _inFlight[i - 1].Type ? number : _next++;
            _inFlight[i].Number = number;
        }

        return _inFlight;
    }

    /// <summary>The chunk is sent for the first time.</summary>
    /// <param name="chunk">Its value.</param>
    /// <param name="path">Where to.</param>
    public void OnSent(ReadOnlySpan<byte> chunk, Path path)
    {
        _chunk = chunk.ToArray();
        _timeout = path.Rto.Current;                         // §5.1.1: as for data
        Transmissions = 0;
        IsPeerAtWork = false;
        Transmit(path);
    }

    /// <summary>The timer has expired: the same chunk again (§5.1.1).</summary>
    public void Retransmit(Path path)
    {
        IsPeerAtWork = false;
        _timeout = _timeout * 2 < context.Options.RtoMaximum ? _timeout * 2 : context.Options.RtoMaximum;
        Transmit(path);
    }

    /// <summary>A path is there no longer.</summary>
    public void OnPathRemoved(Path path, Path instead) => LastPath = LastPath == path ? instead : LastPath;

    /// <summary>The peer is at work (§5.2.7 H2): the timer begins anew.</summary>
    public void OnInProgress(uint number)
    {
        if (Array.Exists(_inFlight, request => request.Number == number && !request.IsAnswered))
        {
            IsPeerAtWork = true;
            _timeout = LastPath!.Rto.Current;
            context.Timers.Start(s_timer, context.Now + _timeout);
        }
    }

    /// <summary>A number was answered (§5.2.2 E1, §5.2.7 H1).</summary>
    /// <param name="number">The number.</param>
    /// <param name="type">Only when it is of this type.</param>
    /// <returns>The requests with that number; none when they were answered before, or never asked.</returns>
    public ReconfigurationRequest[] OnAnswered(uint number, ParameterType? type = null)
    {
        ReconfigurationRequest[] answered = Array.FindAll(
            _inFlight, request => request.Number == number && !request.IsAnswered && (type is null || request.Type == type));
        Array.ForEach(answered, request => request.IsAnswered = true);
        if (answered.Length > 0 && Array.TrueForAll(_inFlight, request => request.IsAnswered))
        {
            context.Timers.Stop(s_timer);
            _inFlight = [];
        }

        return answered;
    }

    /// <summary>The peer has agreed to begin: its own request will follow.</summary>
    public void Expect(ReconfigurationRequest request)
    {
        request.Missing = [.. request.Streams];
        _announced.Add(request);
    }

    /// <summary>The peer resets its streams.</summary>
    /// <param name="reset">Its request.</param>
    /// <returns>Whether we have asked for that, and what our application calls the request that is done with it; 0 for none.</returns>
    public (bool IsWanted, uint Context) TakeExpected(ReconfigurationRequest reset)
    {
        bool isWanted = false;
        foreach (ReconfigurationRequest request in _announced.FindAll(request => request.Type == ParameterType.IncomingResetRequest))
        {
            bool isWhole = reset.Streams.Length == 0;
            isWanted |= (request.Missing.Count == 0 && isWhole) || request.Missing.Exists(reset.Concerns);
            if (isWhole || (request.Missing.RemoveAll(reset.Concerns) > 0 && request.Missing.Count == 0))
            {
                _announced.Remove(request);
                return (true, request.Context);
            }
        }

        return (isWanted, 0);
    }

    /// <summary>The peer adds outgoing streams.</summary>
    /// <param name="count">How many.</param>
    /// <returns>What we have asked for, if it is that.</returns>
    public ReconfigurationRequest? TakeExpected(ushort count)
    {
        bool IsThat(ReconfigurationRequest request) =>
            request.Type == ParameterType.AddIncomingStreamsRequest && request.Count == count && !request.IsAnswered;
        if (Array.Find(_inFlight, IsThat) is { } unanswered)
        {
            OnAnswered(unanswered.Number);                   // §5.2.6: its request is its answer
            return unanswered;
        }

        ReconfigurationRequest? announced = _announced.Find(request => request.Type == ParameterType.AddIncomingStreamsRequest && request.Count == count);
        _announced.Remove(announced!);
        return announced;
    }

    /// <summary>Whether there is a request of a type that was not answered, or not sent.</summary>
    public bool Contains(ParameterType type) => Array.Exists(_inFlight, request => request.Type == type)
        || _waiting.Exists(group => Array.Exists(group, request => request.Type == type))
        || _announced.Exists(request => request.Type == type);

    /// <summary>Sends what is on its way again, if it answers a request that the peer has repeated (§5.2.1).</summary>
    public bool TryRepeatAnswer(uint number)
    {
        bool isAnswer = Array.Exists(_inFlight, request => request.Answers == number);
        return isAnswer && (context.Control.Contains(ChunkType.ReConfig) || context.Control.Enqueue(ChunkType.ReConfig, _chunk));
    }

    /// <summary>Takes everything that was not done: it will not be.</summary>
    public List<ReconfigurationRequest> GiveUp()
    {
        context.Timers.Stop(s_timer);
        List<ReconfigurationRequest> open = [.. Array.FindAll(_inFlight, request => !request.IsAnswered), .. _announced];
        _waiting.ForEach(open.AddRange);
        _inFlight = [];
        Held = null;
        _announced.Clear();
        _waiting.Clear();
        return open;
    }

    private void Transmit(Path path)
    {
        Transmissions++;
        LastPath = path;
        context.Timers.Start(s_timer, context.Now + _timeout);
        context.Control.Enqueue(ChunkType.ReConfig, _chunk, path: Transmissions == 1 || !path.IsConfirmed ? ControlQueue.AnyPath : path.Index);
    }
}
