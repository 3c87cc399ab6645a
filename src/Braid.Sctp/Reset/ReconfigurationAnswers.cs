using System;
using System.Collections.Generic;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What to make of the number of a request (RFC 6525 §5.2.1).</summary>
internal enum RequestNumber : byte
{
    /// <summary>The next one.</summary>
    New,

    /// <summary>One of the last chunk, come again.</summary>
    Repeated,

    /// <summary>Any other.</summary>
    Bad,
}

/// <summary>
/// What the peer asks us to change (RFC 6525 §5.2): the number that comes next, what was answered last, the requests that cannot be
/// answered yet, and the answers that wait to be sent.
/// </summary>
internal sealed class ReconfigurationAnswers(AssociationContext context, Tsn peerInitialTsn)
{
    private const int Remembered = 2;                        // requests that one chunk has at most

    private readonly ReconfigurationResponseParameter?[] _last = new ReconfigurationResponseParameter?[Remembered];
    private readonly List<ReconfigurationRequest> _deferred = [];
    private readonly List<ReconfigurationResponseParameter> _ready = [];
    private byte[] _news = [];                               // the chunk that announces the last reset of the association,
    private Tsn _firstAfterReset;                            // and the first TSN after it
    private uint _expected = peerInitialTsn.Value;           // §4.1: the peer's numbers begin like its TSNs

    /// <summary>The number of the last request.</summary>
    public uint LastNumber => _expected - 1;

    /// <summary>Requests without their final answer.</summary>
    public IReadOnlyList<ReconfigurationRequest> Deferred => _deferred;

    /// <summary>Whether nothing is to be answered, now or later.</summary>
    public bool IsEmpty => _deferred.Count == 0 && _ready.Count == 0;

    /// <summary>What a number is. A new one counts as received from now on.</summary>
    public RequestNumber Consider(uint number)
    {
        if (number == _expected)
        {
            _expected++;
            _news = [];                                      // who asks for more has heard of it
            _last[number % Remembered] = null;
            return RequestNumber.New;
        }

        return _expected - number <= Remembered ? RequestNumber.Repeated : RequestNumber.Bad;
    }

    /// <summary>Answers a request.</summary>
    public void Answer(in ReconfigurationResponseParameter answer)
    {
        _deferred.RemoveAll(IsFor(answer.Number));
        _last[answer.Number % Remembered] = answer;
        Send(answer);
    }

    /// <summary>Answers the request to reset the association, which was done (§5.2.4).</summary>
    public void AnswerReset(in ReconfigurationResponseParameter answer)
    {
        Answer(answer);
        var writer = new ParameterWriter(new byte[ReconfigurationResponseParameter.LongestOnWire]);
        answer.TryWrite(ref writer);
        (_news, _firstAfterReset) = (writer.Written.ToArray(), answer.SenderNext!.Value);
    }

    /// <summary>
    /// The answer that goes along with all data until some of it has arrived; empty for none. Our TSNs go on after a reset of the
    /// association (§5.2.4 G2), and streams begin at 0 before and after it: were the answer lost or overtaken, the peer could not tell
    /// what is new from what was on its way (§5.2.7 H5). To who has it already it means nothing (H1).
    /// </summary>
    /// <param name="cumulativeAck">What the peer has acknowledged.</param>
    public ReadOnlySpan<byte> NewsWith(Tsn cumulativeAck)
    {
        if (_news.Length > 0 && cumulativeAck >= _firstAfterReset)
        {
            _news = [];
        }

        return _news;
    }

    /// <summary>Our TSNs begin anew at our own request, which the peer has carried out.</summary>
    public void OnRestart() => _news = [];

    /// <summary>Answers a request whose number is not to be remembered.</summary>
    public void Refuse(uint number, ReconfigurationResult result) => Send(new ReconfigurationResponseParameter(number, result));

    /// <summary>A request cannot be answered yet.</summary>
    public void Defer(ReconfigurationRequest request) => _deferred.Add(request);

    /// <summary>A request is answered by one of our own (§5.2.3 F1).</summary>
    public void OnAnsweredByRequest(uint number)
    {
        _deferred.RemoveAll(IsFor(number));
        _last[number % Remembered] = new ReconfigurationResponseParameter(number, ReconfigurationResult.Performed);
    }

    /// <summary>The answer that was given before (§5.2.1), or that we are still at it.</summary>
    public void Repeat(uint number)
    {
        ReconfigurationResponseParameter? last = _last[number % Remembered];
        Send(last is { } answer && answer.Number == number && !_deferred.Exists(IsFor(number))
            ? answer
            : new ReconfigurationResponseParameter(number, ReconfigurationResult.InProgress));
    }

    /// <summary>Writes the one answer that waits, to go along with a request of ours (§3.1, combination 9; §5.2.1: in one chunk).</summary>
    public void WriteOnly(ref ParameterWriter writer)
    {
        if (_ready.Count == 1)
        {
            _ready[0].TryWrite(ref writer);
            _ready.Clear();
        }
    }

    /// <summary>Sends the answers that wait, in one chunk.</summary>
    public void Flush()
    {
        if (_ready.Count == 0)
        {
            return;
        }

        Span<byte> room = stackalloc byte[Remembered * ReconfigurationResponseParameter.LongestOnWire];
        var writer = new ParameterWriter(room);
        foreach (ReconfigurationResponseParameter answer in _ready)
        {
            answer.TryWrite(ref writer);
        }

        if (context.Control.Enqueue(ChunkType.ReConfig, writer.Written))
        {
            _ready.Clear();
        }
    }

    /// <summary>
    /// Whether data was sent after a reset that is still to be done: it has to come again (§5.2.2 E2; whoever keeps to §5.1.2 A1
    /// sends no such data).
    /// </summary>
    public bool IsEarly(StreamId stream, Tsn tsn) => _deferred.Exists(request =>
        request.Type == ParameterType.OutgoingResetRequest && tsn > request.LastTsn && request.Concerns(stream));

    private void Send(in ReconfigurationResponseParameter answer)
    {
        uint number = answer.Number;
        _ready.RemoveAll(other => other.Number == number);
        if (_ready.Count < Remembered)
        {
            _ready.Add(answer);
        }
    }

    private static Predicate<ReconfigurationRequest> IsFor(uint number) => request => request.Number == number;
}
