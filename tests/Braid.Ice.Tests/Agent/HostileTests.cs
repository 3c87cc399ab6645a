using System;
using System.Collections.Generic;
using System.Text;
using Braid.Core;
using Braid.Ice.Stun;
using Braid.Ice.Tests.World;
using Braid.Simulation;

namespace Braid.Ice.Tests.Agent;

/// <summary>What strangers, liars and broken peers send: each message is a counter and, at most, an error response.</summary>
public sealed class HostileTests
{
    private static readonly NetworkAddress s_stranger = Bytes.Address("203.0.113.66:6666");

    public delegate void Change(ref StunWriter writer, IceAgent agent);

    [Fact, Rfc(8489, "9.1.3"), Rfc(8445, "7.3")]
    public void A_request_for_somebody_else_gets_401_without_a_signature() => AssertAnswer(401, IceDropReason.UnknownUser, Sign, username: "other:peer");

    [Fact, Rfc(8489, "9.1.3")]
    public void A_request_without_a_user_name_gets_400() => AssertAnswer(400, IceDropReason.UnknownUser, Sign, username: null);

    [Fact, Rfc(8489, "9.1.3")]
    public void A_request_without_integrity_gets_400() => AssertAnswer(400, IceDropReason.BadIntegrity, (ref _, _) => { });

    [Fact, Rfc(8489, "9.1.3")]
    public void A_request_with_another_password_gets_401() =>
        AssertAnswer(401, IceDropReason.BadIntegrity, (ref writer, _) => writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, new byte[24]));

    [Fact, Rfc(8489, "6.3.1")]
    public void A_request_with_an_attribute_that_must_be_understood_gets_a_signed_420() => AssertAnswer(
        420,
        IceDropReason.UnknownAttribute,
        (ref writer, agent) =>
        {
            writer.AddUInt32((StunAttributeType)0x7ABC, 1);
            Sign(ref writer, agent);
        });

    [Fact, Rfc(8445, "7.1.1")]
    public void A_request_without_a_priority_gets_400() => AssertAnswer(400, IceDropReason.Unexpected, Sign, priority: null);

    [Fact, Rfc(8445, "7.3.1.1"), Rfc(8445, "16.2")]
    public void A_request_with_our_role_and_a_smaller_tie_breaker_gets_487() => AssertAnswer(
        487,
        null,
        (ref writer, agent) =>
        {
            writer.AddUInt64(StunAttributeType.IceControlling, 0);
            Sign(ref writer, agent);
        });

    [Fact]
    public void Nobody_is_sent_more_than_he_seems_to_have_sent()
    {
        (IceWorld world, IceHost a, List<byte[]> sent) = Agent();
        world.Inject(a, new NetworkPath(a.Addresses[0], s_stranger), Header(StunClass.Request, StunMethod.Binding));
        world.Run(0.01);
        Assert.Empty(sent);
        Assert.Equal(1, a.Agent.Drops[IceDropReason.UnknownUser]);
    }

    [Fact, Rfc(8489, "9.1.3")]
    public void A_request_with_SHA_256_is_answered_with_SHA_256()
    {
        (IceWorld world, IceHost a, List<byte[]> sent) = Agent();
        byte[] request = Request(a.Agent, "peer", 1, (ref writer, agent) =>
            writer.AddIntegrity(StunIntegrityAlgorithm.Sha256, Encoding.ASCII.GetBytes(agent.LocalCredentials.Password)));
        world.Inject(a, new NetworkPath(a.Addresses[0], s_stranger), request);
        world.Run(0.01);
        Assert.True(StunView.TryRead(Assert.Single(sent), out StunView answer));
        Assert.Equal(StunIntegrityAlgorithm.Sha256, answer.Integrity);
        Assert.Equal(StunIntegrity.Valid, answer.VerifyIntegrity(Encoding.ASCII.GetBytes(a.Agent.LocalCredentials.Password)));
        Assert.False(answer.Has(StunAttributeType.MessageIntegrity));
        Assert.False(answer.Has(StunAttributeType.Username));
    }

    [Fact, Rfc(8445, "7.3"), Rfc(8445, "7.2.4")]
    public void A_request_without_a_fingerprint_or_at_another_address_is_not_answered()
    {
        (IceWorld world, IceHost a, List<byte[]> sent) = Agent();
        world.Inject(a, new NetworkPath(a.Addresses[0], s_stranger), Request(a.Agent, "peer", 1, Sign, hasFingerprint: false));
        world.Inject(a, new NetworkPath(Bytes.Address("192.0.2.200:1"), s_stranger), Request(a.Agent, "peer", 1, Sign));
        byte[] broken = Request(a.Agent, "peer", 1, Sign);
        broken[^1] ^= 1;
        world.Inject(a, new NetworkPath(a.Addresses[0], s_stranger), broken);
        world.Run(0.01);
        Assert.Empty(sent);
        Assert.Equal(2, a.Agent.Drops[IceDropReason.BadFingerprint]);
        Assert.Equal(1, a.Agent.Drops[IceDropReason.UnknownLocalAddress]);
    }

    [Fact, Rfc(8489, "6.3.2"), Rfc(8489, "6.3")]
    public void Malformed_unexpected_and_unasked_messages_are_counted_and_dropped()
    {
        (IceWorld world, IceHost a, List<byte[]> sent) = Agent();
        var path = new NetworkPath(a.Addresses[0], s_stranger);
        byte[] good = Request(a.Agent, "peer", 1, Sign);
        world.Inject(a, path, good[..^4]);
        Assert.Equal(1, a.Agent.Drops[IceDropReason.Malformed]);
        world.Inject(a, path, Header(StunClass.Request, StunMethod.Allocate));
        Assert.Equal(1, a.Agent.Drops[IceDropReason.Unexpected]);
        world.Inject(a, path, Header(StunClass.SuccessResponse, StunMethod.Binding));
        world.Inject(a, path, Header(StunClass.ErrorResponse, StunMethod.Binding));
        Assert.Equal(2, a.Agent.Drops[IceDropReason.UnknownTransaction]);
        world.Inject(a, path, Header(StunClass.Indication, StunMethod.Binding));
        world.Run(0.01);
        Assert.Empty(sent);
        Assert.Empty(a.Received);
        world.Inject(a, path, [0x16, 0xFE, 0xFD]);
        Assert.Single(a.Received);                           // DTLS: none of our business
    }

    [Fact, Rfc(8445, "19.5.1"), Rfc(8445, "6.1.2.5")]
    public void A_flood_of_requests_is_answered_in_part_and_teaches_a_bounded_number_of_candidates()
    {
        (IceWorld world, IceHost a, List<byte[]> sent) = Agent();
        for (int port = 1; port <= 1000; port++)
        {
            world.Inject(a, new NetworkPath(a.Addresses[0], s_stranger.WithPort((ushort)port)), Request(a.Agent, "peer", 1, Sign));
        }

        world.Run(0.01);
        Assert.True(sent.Count <= 64);
        Assert.True(a.Agent.Drops[IceDropReason.TooManyRequests] > 900);
        Assert.True(a.Agent.Drops[IceDropReason.TooManyCandidates] > 900);
    }

    [Fact, Rfc(8445, "7.2.5.2.1"), Rfc(8489, "9.1.4"), Rfc(8445, "19.2")]
    public void Answers_from_elsewhere_or_signed_with_another_password_do_not_make_a_pair_work()
    {
        var world = new IceWorld(21);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, null, "198.51.100.1:2000");
        world.Introduce(a, z);
        world.Gather(a);
        world.Gather(z);
        int forged = 0;
        world.Observer = (host, path, bytes) =>
        {
            if (host == a && StunView.TryRead(bytes, out StunView view) && view.Class == StunClass.Request)
            {
                byte[] answer = new byte[100];
                var writer = new StunWriter(answer, StunClass.SuccessResponse, StunMethod.Binding, view.TransactionId);
                writer.AddAddress(StunAttributeType.XorMappedAddress, path.Local);
                writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, new byte[24]);
                writer.AddFingerprint();
                byte[] bytesOfAnswer = answer[..writer.Finish()];
                forged++;
                world.Schedule(TimeSpan.FromMilliseconds(1), () => world.Inject(a, path, bytesOfAnswer));
            }
        };
        world.Filter = (path, _) => path.Local == z.Addresses[0];
        world.Run(5);
        Assert.True(forged > 1);
        Assert.Equal(IceState.Checking, a.Agent.State);
        Assert.Equal(forged, a.Agent.Drops[IceDropReason.BadIntegrity]);
    }

    [Fact, Rfc(8445, "5.3"), Rfc(8445, "6.1.2.2")]
    public void Candidates_that_cannot_be_used_are_refused_with_a_record()
    {
        (IceWorld world, IceHost a, _) = Agent();
        foreach (string text in new[]
        {
            "candidate:1 2 udp 1 198.51.100.1 1 typ host",
            "candidate:1 1 udp 1 198.51.100.1 0 typ host",
            "candidate:1 1 udp 1 0.0.0.0 5 typ host",
            "candidate:1 1 udp 1 224.0.0.1 5 typ host",
            "candidate:1 1 udp 1 ff02::1 5 typ host",
        })
        {
            Assert.True(IceCandidate.TryParse(text, out IceCandidate? candidate));
            Assert.False(a.Agent.AddRemoteCandidate(world.Now, candidate), text);
        }

        Assert.Equal(5, a.Agent.Drops[IceDropReason.UnusableCandidate]);
        for (int port = 1; port <= 70; port++)
        {
            Assert.True(IceCandidate.TryParse($"candidate:1 1 udp 1 198.51.100.1 {port} typ host", out IceCandidate? candidate));
            Assert.Equal(port <= 64, a.Agent.AddRemoteCandidate(world.Now, candidate));
        }
    }

    [Theory, Rfc(8445, "7.2.5.2.4"), Rfc(8489, "6.3.4")]
    [InlineData(400)]
    [InlineData(500)]
    public void A_signed_error_other_than_487_fails_the_pair(int code)
    {
        var world = new IceWorld(22);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        world.Gather(a);
        var peer = new HandMadePeer(a, world) { ErrorCode = code };
        a.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        Assert.True(IceCandidate.TryParse("candidate:1 1 udp 1 198.51.100.1 7 typ host", out IceCandidate? candidate));
        a.Agent.AddRemoteCandidate(world.Now, candidate);
        peer.AnswerAll();
        Assert.Contains(a.Log, record => record.Kind == IceLogKind.CheckFailed && record.Detail.StartsWith($"{code}", StringComparison.Ordinal));
        Assert.Equal(IceState.Checking, a.Agent.State);      // RFC 8863: others may come
    }

    [Theory, Rfc(8489, "6.3.3"), Rfc(8489, "6.3.4"), Rfc(8445, "19.3")]
    [InlineData(StunClass.ErrorResponse, "000903F4")]
    [InlineData(StunClass.ErrorResponse, "")]
    [InlineData(StunClass.SuccessResponse, "")]
    [InlineData(StunClass.SuccessResponse, "7ABC0000")]
    [InlineData(StunClass.SuccessResponse, "000100080001000AE0000001")]
    public void A_STUN_server_that_answers_nonsense_gives_no_candidate(StunClass messageClass, string attributes)
    {
        var world = new IceWorld(23);
        NetworkAddress server = Bytes.Address("203.0.113.1:3478");
        world.Server(server, (from, bytes) =>
        {
            byte[] body = Convert.FromHexString(attributes);
            byte[] answer = [(byte)((int)messageClass >> 1), (byte)(1 | (((int)messageClass & 1) << 4)), 0, (byte)body.Length, .. bytes[4..20], .. body];
            return [(server, from, answer)];
        });
        IceHost a = world.Host("A", IceRole.Controlling, new Nat(NatKind.FullCone, Bytes.Address("192.0.2.1:0")), "10.0.0.1:1");
        world.Gather(a, server);
        Assert.True(world.RunUntil(() => a.Agent.IsGatheringComplete, 15));
        Assert.Single(a.Candidates);
        Assert.Contains(a.Log, record => record.Kind == IceLogKind.ServerFailed);
    }

    [Fact]
    public void Programmers_errors_are_exceptions()
    {
        (IceWorld world, IceHost a, _) = Agent();
        var good = new IceCredentials("abcd", new string('p', 22));
        Assert.Throws<ArgumentException>(() => a.Agent.SetRemoteCredentials(world.Now, new IceCredentials("a", "b")));
        a.Agent.SetRemoteCredentials(world.Now, good);
        a.Agent.SetRemoteCredentials(world.Now, good with { });
        Assert.Throws<InvalidOperationException>(() => a.Agent.SetRemoteCredentials(world.Now, new IceCredentials("abce", new string('p', 22))));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IceAgent(new IceOptions { Pacing = TimeSpan.FromMilliseconds(4) }, IceRole.Controlled, new SeededRandom(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IceAgent(new IceOptions { ConsentInterval = TimeSpan.FromSeconds(4) }, IceRole.Controlled, new SeededRandom(1)));
    }

    private static void AssertAnswer(int code, IceDropReason? reason, Change change, string? username = "", uint? priority = 1)
    {
        (IceWorld world, IceHost a, List<byte[]> sent) = Agent();
        byte[] request = Request(a.Agent, username, priority, change);
        world.Inject(a, new NetworkPath(a.Addresses[0], s_stranger), request);
        world.Run(0.01);
        Assert.True(StunView.TryRead(Assert.Single(sent), out StunView answer));
        Assert.Equal(StunClass.ErrorResponse, answer.Class);
        Assert.True(answer.TryReadError(out int actual, out _));
        Assert.Equal(code, actual);
        Assert.True(answer.HasValidFingerprint);
        StunIntegrity integrity = answer.VerifyIntegrity(Encoding.ASCII.GetBytes(a.Agent.LocalCredentials.Password));
        bool isSigned = code is 420 or 487 || priority is null;
        Assert.Equal(isSigned ? StunIntegrity.Valid : StunIntegrity.Absent, integrity);
        if (reason is { } expected)
        {
            Assert.Equal(1, a.Agent.Drops[expected]);
        }

        // Nothing was learnt from it.
        a.Agent.SetRemoteCredentials(world.Now, new IceCredentials("abcd", new string('p', 22)));
        world.Run(1);
        Assert.Single(sent);
    }

    private static (IceWorld World, IceHost A, List<byte[]> Sent) Agent()
    {
        var world = new IceWorld(20);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        world.Gather(a);
        world.Run(0.01);
        var sent = new List<byte[]>();
        world.Observer = (_, _, bytes) => sent.Add([.. bytes]);
        return (world, a, sent);
    }

    private static void Sign(ref StunWriter writer, IceAgent agent) =>
        writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, Encoding.ASCII.GetBytes(agent.LocalCredentials.Password));

    private static byte[] Header(StunClass messageClass, StunMethod method)
    {
        byte[] buffer = new byte[100];
        var writer = new StunWriter(buffer, messageClass, method, new StunTransactionId(9, 9));
        writer.AddFingerprint();
        return buffer[..writer.Finish()];
    }

    private static byte[] Request(IceAgent agent, string? username, uint? priority, Change change, bool hasFingerprint = true)
    {
        byte[] buffer = new byte[500];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, new StunTransactionId(1, 2));
        if (username is not null)
        {
            writer.Add(StunAttributeType.Username, username.Contains(':', StringComparison.Ordinal) ? username : $"{agent.LocalCredentials.UsernameFragment}:peer");
        }

        if (priority is { } value)
        {
            writer.AddUInt32(StunAttributeType.Priority, value);
        }

        change(ref writer, agent);
        if (hasFingerprint)
        {
            writer.AddFingerprint();
        }

        return buffer[..writer.Finish()];
    }
}
