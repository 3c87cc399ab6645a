using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>COOKIE ECHO that has to be authenticated (RFC 4895 §6.3), the answers to it, and what it may cost.</summary>
public sealed class AuthenticatedSetupTests
{
    private static readonly byte[] s_secret = "a secret of both"u8.ToArray();

    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };

    // RANDOM, CHUNKS with DATA, HMAC-ALGO with SHA-1
    private static readonly byte[] s_saidOfAuthentication = [0x80, 2, 0, 36, .. new byte[32], 0x80, 3, 0, 5, 0, 0, 0, 0, 0x80, 4, 0, 6, 0, 1, 0, 0];

    /// <summary>
    /// Somebody at A's address and port begins anew. Whoever has seen his own INIT and INIT ACK knows all that the cookie says; only who has
    /// seen the first ones too, and has the secret, has the keys of the association.
    /// </summary>
    /// <param name="keys">What his COOKIE ECHO is authenticated with.</param>
    [Theory, Rfc(4895, "6.3"), Rfc(5062, "3.3"), Rfc(5062, "4.3")]
    [InlineData("those of the association")]
    [InlineData("those of the cookie")]
    [InlineData("those of the association without the secret")]
    [InlineData("those of the cookie without the secret")]
    [InlineData("none")]
    public void A_restart_needs_the_keys_of_the_association_and_not_those_of_its_cookie(string keys)
    {
        Pair pair = new Pair(Requiring(ChunkType.CookieEcho)).Connect().Arrow("A -> INIT -> Z");
        byte[] init = pair.LastPacket;
        pair.Arrow("A <- INIT ACK <- Z");
        var ofAssociation = new AuthenticatedPeer(init, pair.LastPacket);
        pair.Arrow("A -> AUTH, COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");

        byte[] again = Packets.WithParameters(Packets.Init(5), s_saidOfAuthentication);
        pair.InjectToZ(again).Arrow("A x INIT ACK <- Z");
        var ofCookie = new AuthenticatedPeer(again, pair.LastPacket);
        byte[] echo = Packets.CookieEcho(pair.LastPacket);
        byte[] secret = keys.EndsWith("without the secret", StringComparison.Ordinal) ? [] : s_secret;
        AuthenticatedPeer signer = keys.Contains("cookie", StringComparison.Ordinal) ? ofCookie : ofAssociation;
        pair.InjectToZ(keys == "none" ? echo : signer.Sign(WithAuth(echo), secret));
        if (keys != "those of the association")
        {
            Assert.Equal(1, pair.EndpointZ.Drops[keys == "none" ? DropReason.NotAuthenticated : DropReason.BadAuthentication]);
            Assert.Equal(SendStatus.Ok, pair.NothingPending().A.Send(pair.Now, "still there"u8, default));
            pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
            return;
        }

        // From now on the keys are those of the new handshake.
        pair.Arrow("A x COOKIE ACK <- Z");
        Assert.Equal(5u, Packets.TagOf(pair.LastPacket).Value);
        Assert.Equal(SendStatus.Ok, pair.Z.Send(pair.Now, "begun anew"u8, default));
        pair.Arrow("A x AUTH, DATA <- Z");
        Assert.Equal(ofCookie.CodeFor(pair.LastPacket, s_secret), AuthenticatedPeer.CodeOf(pair.LastPacket));
    }

    /// <summary>Who is nobody yet has shown a good cookie at most; that must not make us copy every secret.</summary>
    [Fact, Rfc(4895, "6.3"), Rfc(9260, "5.1.3")]
    public void A_COOKIE_ECHO_with_a_wrong_code_costs_the_same_however_many_keys_there_are()
    {
        long withOne = CostOfWrongCode(1);
        Assert.InRange(CostOfWrongCode(64), withOne - 100, withOne + 100);
    }

    [Fact, Rfc(4895, "6.3"), Rfc(9260, "5.1.5")]
    public void The_code_of_the_cookie_itself_is_looked_at_first()
    {
        (Pair pair, byte[] echo, _) = Offered(Requiring(ChunkType.CookieEcho));
        echo[^1] ^= 1;
        pair.InjectToZ(Packets.WithChecksum(WithAuth(echo))).NothingPending();
        Assert.Equal((1, 0), (pair.EndpointZ.Drops[DropReason.BadCookie], pair.EndpointZ.Drops[DropReason.BadAuthentication]));
    }

    [Theory, Rfc(4895, "6.2"), Rfc(9260, "5.1")]
    [InlineData(true)]
    [InlineData(false)]
    public void A_COOKIE_ECHO_for_which_there_is_no_room_any_more_is_refused_so_that_its_sender_believes_it(bool listsAbort)
    {
        AssociationOptions options = listsAbort ? Requiring(ChunkType.Abort) : Requiring();
        Pair pair = new Pair(options, associationsOfZ: 1).Connect().Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z");
        var elsewhere = new NetworkPath(Pair.FromA.Local, NetworkAddress.FromIPv4([10, 0, 0, 9], 9899));
        pair.InjectToZ(Packets.WithParameters(Packets.Init(5), s_saidOfAuthentication), elsewhere).Arrow("A x INIT ACK <- Z");
        pair.InjectToZ(Packets.CookieEcho(pair.LastPacket), elsewhere).Arrow("A x COOKIE ACK <- Z");
        pair.Arrow("A -> COOKIE ECHO -> Z").Arrow(listsAbort ? "A <- AUTH, ABORT <- Z" : "A <- ABORT <- Z");
        Assert.Equal(AssociationState.Closed, pair.A.State);
        var told = new List<AssociationEvent>();
        while (pair.A.TryGetEvent(out AssociationEvent? one))
        {
            told.Add(one);
        }

        Assert.Equal((ushort)CauseCode.OutOfResource, told.OfType<AssociationEvent.Closed>().Single().CauseCode);
    }

    [Fact, Rfc(4895, "6.2"), Rfc(9260, "5.2.6")]
    public void That_a_cookie_is_stale_is_said_so_that_its_sender_believes_it()
    {
        (Pair pair, byte[] echo, byte[] answer) = Offered(Requiring(), ChunkType.Error);
        var keys = new AuthenticatedPeer(Packets.WithParameters(Packets.Init(5), Said(ChunkType.Error)), answer);
        pair.Advance(TimeSpan.FromSeconds(100)).InjectToZ(echo).Arrow("A x AUTH, ERROR <- Z");
        Assert.Equal(keys.CodeFor(pair.LastPacket, s_secret), AuthenticatedPeer.CodeOf(pair.LastPacket));
    }

    /// <summary>What is asked of memory that is gone: the keys that were derived, as whoever held on to them sees them.</summary>
    [Fact, Rfc(4895, "9")]
    public void An_association_that_has_ended_has_no_keys_any_more()
    {
        Pair pair = new Pair(Requiring(ChunkType.Data, ChunkType.Abort)).Established();
        byte[] key = pair.A.Authentication!.Keys.Derive(1, pair.A.Authentication.Vectors!, HmacAlgorithm.Sha256)!;
        Assert.NotEqual(new byte[32], key);
        pair.A.Abort(pair.Now);
        pair.Arrow("A -> AUTH, ABORT -> Z");
        Assert.Equal(AssociationState.Closed, pair.Z.State);
        pair.NothingPending();
        Assert.Equal(new byte[32], key);
        Assert.Null(pair.A.Authentication.Keys.Derive(1, pair.A.Authentication.Vectors!, HmacAlgorithm.Sha256));
    }

    private static AssociationOptions Requiring(params ChunkType[] types) => s_quiet with
    {
        Authentication = new AuthenticationOptions { RequiredChunks = types, Keys = [new SharedKey(1, s_secret)] },
    };

    private static byte[] Said(ChunkType type)
    {
        byte[] said = [.. s_saidOfAuthentication];
        said[40] = (byte)type;
        return said;
    }

    /// <summary>A stranger has an INIT ACK.</summary>
    private static (Pair Pair, byte[] Echo, byte[] InitAck) Offered(AssociationOptions options, ChunkType listed = ChunkType.Data)
    {
        var pair = new Pair(options);
        pair.InjectToZ(Packets.WithParameters(Packets.Init(5), Said(listed))).Arrow("A x INIT ACK <- Z");
        return (pair, Packets.CookieEcho(pair.LastPacket), pair.LastPacket);
    }

    private static long CostOfWrongCode(int keys)
    {
        AssociationOptions options = s_quiet with
        {
            Authentication = new AuthenticationOptions
            {
                RequiredChunks = [ChunkType.CookieEcho],
                Keys = [.. Enumerable.Range(1, keys).Select(static id => new SharedKey((ushort)id, new byte[100]))],
            },
        };
        (Pair pair, byte[] echo, _) = Offered(options);
        byte[] wrong = Packets.WithChecksum(WithAuth(echo));
        long cost = Allocations.Of(() => pair.EndpointZ.HandleDatagram(pair.Now, Pair.FromA, wrong));
        Assert.Equal((0, 0), ((int)pair.EndpointZ.Drops[DropReason.BadCookie], pair.EndpointZ.AssociationCount));
        Assert.True(pair.EndpointZ.Drops[DropReason.BadAuthentication] > 0);
        return cost;
    }

    // With the key 1, SHA-256 and a code of zeros.
    private static byte[] WithAuth(byte[] packet) => [.. packet[..12], 15, 0, 0, 40, 0, 1, 0, 3, .. new byte[32], .. packet[12..]];
}
