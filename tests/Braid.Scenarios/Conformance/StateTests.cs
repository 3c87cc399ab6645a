using System;
using System.Collections.Generic;
using Braid.Sctp;

namespace Braid.Scenarios.Conformance;

/// <summary>The state diagram (RFC 9260 §4) as a table: every chunk in every state.</summary>
public sealed class StateTests
{
    private static readonly AssociationState[] s_states =
    [
        AssociationState.CookieWait, AssociationState.CookieEchoed, AssociationState.Established, AssociationState.ShutdownPending,
        AssociationState.ShutdownSent, AssociationState.ShutdownReceived, AssociationState.ShutdownAckSent,
    ];

    private static readonly string[] s_chunks =
    [
        "DATA", "INIT", "INIT ACK", "SACK", "HEARTBEAT", "HEARTBEAT ACK", "ABORT", "SHUTDOWN", "SHUTDOWN ACK", "ERROR", "stale cookie",
        "forged COOKIE ECHO", "COOKIE ACK", "ECNE", "CWR", "SHUTDOWN COMPLETE",
    ];

    // What changes anything; the rest leaves the state as it is.
    private static readonly Dictionary<(AssociationState, string), AssociationState> s_transitions = new()
    {
        [(AssociationState.CookieWait, "INIT ACK")] = AssociationState.CookieEchoed,
        [(AssociationState.CookieEchoed, "COOKIE ACK")] = AssociationState.Established,
        [(AssociationState.CookieEchoed, "stale cookie")] = AssociationState.CookieWait,
        [(AssociationState.Established, "SHUTDOWN")] = AssociationState.ShutdownAckSent,
        [(AssociationState.ShutdownPending, "SHUTDOWN")] = AssociationState.ShutdownReceived,
        [(AssociationState.ShutdownSent, "SHUTDOWN")] = AssociationState.ShutdownAckSent,
        [(AssociationState.ShutdownSent, "SHUTDOWN ACK")] = AssociationState.Closed,
        [(AssociationState.ShutdownAckSent, "SHUTDOWN ACK")] = AssociationState.Closed,
        [(AssociationState.ShutdownAckSent, "SHUTDOWN COMPLETE")] = AssociationState.Closed,
    };

    public static TheoryData<AssociationState, string> Table
    {
        get
        {
            var table = new TheoryData<AssociationState, string>();
            foreach (AssociationState state in s_states)
            {
                foreach (string chunk in s_chunks)
                {
                    table.Add(state, chunk);
                }
            }

            return table;
        }
    }

    [Theory, Rfc(9260, "4")]
    [MemberData(nameof(Table))]
    public void Every_chunk_in_every_state_does_what_the_diagram_says(AssociationState state, string chunk)
    {
        Tester tester = Enter(state);
        AssociationState expected = chunk == "ABORT" ? AssociationState.Closed : s_transitions.GetValueOrDefault((state, chunk), state);
        if (chunk == "INIT")
        {
            tester.SendWithTag(0, Chunk.Init(Tester.Tag + 5));
        }
        else
        {
            tester.Send(Make(tester, chunk));
        }

        tester.InState(expected);
        if (expected == state && chunk is not "ABORT")
        {
            // It has not been disturbed: what should happen next still does.
            tester.Iut.Abort(tester.Now);
        }

        tester.InState(expected == state ? AssociationState.Closed : expected);
    }

    [Theory, Rfc(9260, "5.2.1"), Rfc(9260, "5.2.2")]
    [InlineData(AssociationState.CookieWait, true)]
    [InlineData(AssociationState.CookieEchoed, true)]
    [InlineData(AssociationState.Established, false)]
    [InlineData(AssociationState.ShutdownPending, false)]
    [InlineData(AssociationState.ShutdownSent, false)]
    [InlineData(AssociationState.ShutdownReceived, false)]
    public void An_INIT_in_any_state_gets_an_INIT_ACK_with_our_own_tag_only_while_setting_up(AssociationState state, bool isOurs)
    {
        Tester tester = Enter(state);
        uint tag = tester.IutTag;
        tester.Offer(Chunk.Init(Tester.Tag + 5)).InState(state);
        Assert.Equal(isOurs, tester.IutTag == tag);
    }

    private static Tester Enter(AssociationState state)
    {
        var tester = new Tester();
        return state switch
        {
            AssociationState.CookieWait => tester.CookieWait(),
            AssociationState.CookieEchoed => tester.CookieEchoed(),
            AssociationState.Established => tester.Established(),
            AssociationState.ShutdownPending => tester.ShutdownPending(),
            AssociationState.ShutdownSent => tester.ShutdownSent(),
            AssociationState.ShutdownReceived => tester.ShutdownReceived(),
            _ => tester.ShutdownAckSent(),
        };
    }

    private static byte[] Make(Tester tester, string chunk) => chunk switch
    {
        "DATA" => Chunk.Data(Tester.FirstTsn, 0, 0, [1]),
        "INIT ACK" => Chunk.InitAck(Tester.Tag, parameters: Chunk.StateCookie(1, 2)),
        "SACK" => Chunk.Sack(tester.IutTsn - 1),
        "HEARTBEAT" => Chunk.Heartbeat(1, 2, 3, 4),
        "HEARTBEAT ACK" => Chunk.Raw(5, 0, Chunk.Parameter(1, new byte[20])),
        "ABORT" => Chunk.Abort(),
        "SHUTDOWN" => Chunk.Shutdown(tester.IutTsn - 1),
        "SHUTDOWN ACK" => Chunk.ShutdownAck(),
        "ERROR" => Chunk.Error(Chunk.Parameter(13, 1, 2, 3)),
        "stale cookie" => Chunk.Error(Chunk.Parameter(3, Chunk.U32(1000))),
        "forged COOKIE ECHO" => Chunk.CookieEcho(new byte[60]),
        "COOKIE ACK" => Chunk.CookieAck(),
        "ECNE" => Chunk.Raw(12, 0, Chunk.U32(1)),
        "CWR" => Chunk.Raw(13, 0, Chunk.U32(1)),
        "SHUTDOWN COMPLETE" => Chunk.ShutdownComplete(),
        _ => throw new ArgumentOutOfRangeException(nameof(chunk), chunk, "There is no such chunk."),
    };
}
