using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Ice.Stun;
using Braid.Ice.Turn;
using Braid.Simulation;

namespace Braid.Ice.Tests.Turn;

/// <summary>An allocation alone with its server: what is asked for, and what is refused.</summary>
public sealed class TurnAllocationTests
{
    private static readonly NetworkAddress s_client = Bytes.Address("192.0.2.1:1000");
    private static readonly NetworkAddress s_peer = Bytes.Address("198.51.100.1:2000");
    private readonly byte[] _buffer = new byte[1500];
    private Instant _now = new(TimeSpan.TicksPerSecond);

    [Fact, Rfc(8656, "7.1"), Rfc(8656, "7.3"), Rfc(8656, "18.5"), Rfc(8656, "18.8"), Rfc(8656, "18.2"), Rfc(8656, "5")]
    public void An_address_is_lent_after_a_challenge()
    {
        (TurnAllocation allocation, TurnServer server) = Make();
        allocation.Start(_now);
        Exchange(allocation, server);
        Assert.Equal(RelayState.Allocated, allocation.State);
        Assert.Equal("203.0.113.1:50000", Assert.Single(allocation.RelayedAddresses).ToString());
        Assert.Equal(s_client, allocation.MappedAddress);
        Assert.Equal(600, allocation.Lifetime.TotalSeconds);
        Assert.Equal(["Allocate", "Allocate"], server.Requests);
    }

    [Theory, Rfc(8656, "18.6"), Rfc(8656, "18.11"), Rfc(8656, "7.3")]
    [InlineData(false, NetworkFamily.IPv6, 1)]
    [InlineData(true, NetworkFamily.None, 2)]
    public void Families_can_be_asked_for(bool both, NetworkFamily family, int count)
    {
        (TurnAllocation allocation, TurnServer server) = Make(Options() with { BothFamilies = both, Family = family });
        allocation.Start(_now);
        Exchange(allocation, server);
        Assert.Equal(count, allocation.RelayedAddresses.Count);
        Assert.Contains(allocation.RelayedAddresses, address => address.Family == NetworkFamily.IPv6);
    }

    [Theory, Rfc(8656, "7.4"), Rfc(8656, "19")]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(437)]
    [InlineData(440)]
    [InlineData(441)]
    [InlineData(442)]
    [InlineData(486)]
    [InlineData(508)]
    public void What_the_server_refuses_is_told_with_its_code(int code)
    {
        (TurnAllocation allocation, TurnServer server) = Make();
        server.ForcedError = code;
        allocation.Start(_now);
        Exchange(allocation, server);
        Assert.Equal(RelayState.Failed, allocation.State);
        Assert.Equal(code, allocation.ErrorCode);
        Assert.Equal($"{code} {StunError.ReasonOf(code)}", allocation.FailureText);
        Assert.True(allocation.NextTimeout.IsNever);
    }

    [Fact, Rfc(8656, "7.4")]
    public void A_wrong_password_ends_after_the_second_refusal()
    {
        (TurnAllocation allocation, TurnServer server) = Make(Options() with { Password = "wrong" });
        allocation.Start(_now);
        Exchange(allocation, server);
        Assert.Equal(401, allocation.ErrorCode);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact, Rfc(8489, "10"), Rfc(8489, "14.15"), Rfc(8656, "7.4")]
    public void A_signed_redirect_is_followed_once_and_a_circle_ends()
    {
        (TurnAllocation allocation, TurnServer server) = Make();
        var second = new TurnServer(Bytes.Address("203.0.113.2:3478"), () => _now);
        server.ForcedError = 300;
        server.Alternate = second.Address;
        allocation.Start(_now);
        Exchange(allocation, server, second);
        Assert.Equal(RelayState.Allocated, allocation.State);
        Assert.Equal(second.Address, allocation.ServerPath.Remote);

        (allocation, server) = Make();
        second = new TurnServer(Bytes.Address("203.0.113.2:3478"), () => _now) { ForcedError = 300, Alternate = server.Address };
        server.ForcedError = 300;
        server.Alternate = second.Address;
        allocation.Start(_now);
        Exchange(allocation, server, second);
        Assert.Equal(RelayState.Failed, allocation.State);
        Assert.Equal(300, allocation.ErrorCode);
    }

    [Fact, Rfc(8489, "14.8")]
    public void A_redirect_that_nobody_has_signed_is_not_followed()
    {
        (TurnAllocation allocation, _) = Make();
        allocation.Start(_now);
        Assert.True(allocation.TryGetDatagram(_now, _buffer, out OutgoingDatagram request));
        Assert.True(StunView.TryRead(_buffer.AsSpan(0, request.Length), out StunView view));
        byte[] answer = new byte[100];
        var writer = new StunWriter(answer, StunClass.ErrorResponse, StunMethod.Allocate, view.TransactionId);
        writer.AddError(300);
        writer.AddAddress(StunAttributeType.AlternateServer, Bytes.Address("192.0.2.66:1"));
        allocation.HandleDatagram(_now, allocation.ServerPath, answer.AsSpan(0, writer.Finish()));
        Assert.Equal(RelayState.Failed, allocation.State);
        Assert.False(allocation.TryGetDatagram(_now, _buffer, out _));
    }

    [Theory, Rfc(8656, "10.3"), Rfc(8656, "9")]
    [InlineData(403)]
    [InlineData(443)]
    public void A_peer_that_the_server_does_not_allow_is_refused_and_the_allocation_stays(int code)
    {
        (TurnAllocation allocation, TurnServer server) = Allocated();
        server.ForcedError = code;
        server.ForcedErrorMethod = StunMethod.CreatePermission;
        allocation.Permit(_now, s_peer);
        Assert.Equal(RelayPermission.Pending, allocation.PermissionOf(s_peer));
        Exchange(allocation, server);
        Assert.Equal(RelayPermission.Refused, allocation.PermissionOf(s_peer));
        Assert.Equal(RelayState.Allocated, allocation.State);
        Assert.Equal(0, allocation.Wrap(_now, s_peer, [1], _buffer));
    }

    [Fact, Rfc(8656, "9"), Rfc(8656, "11.1"), Rfc(8656, "18.3"), Rfc(8656, "18.4")]
    public void A_permission_is_for_a_host_and_nothing_is_wrapped_without_one()
    {
        (TurnAllocation allocation, TurnServer server) = Allocated();
        Assert.Equal(0, allocation.Wrap(_now, s_peer, [1], _buffer));
        allocation.Permit(_now, s_peer);
        Exchange(allocation, server);
        Assert.Equal(RelayPermission.Granted, allocation.PermissionOf(s_peer.WithPort(7)));
        int length = allocation.Wrap(_now, s_peer.WithPort(7), [1, 2, 3], _buffer);
        (NetworkAddress from, NetworkAddress to, byte[] bytes) = Assert.Single(server.Handle(s_client, server.Address, _buffer[..length]));
        Assert.Equal(allocation.RelayedAddresses[0], from);
        Assert.Equal(s_peer.WithPort(7), to);
        Assert.Equal([1, 2, 3], bytes);
    }

    [Fact, Rfc(8656, "12.4"), Rfc(8656, "12.5"), Rfc(8656, "18.1")]
    public void Over_a_stream_channel_data_is_padded_and_nothing_is_sent_again()
    {
        (TurnAllocation allocation, TurnServer server) = Make(Options() with { IsStream = true });
        allocation.Start(_now);
        Exchange(allocation, server);
        allocation.Prefer(_now, s_peer);
        Exchange(allocation, server);
        int length = allocation.Wrap(_now, s_peer, [1, 2, 3, 4, 5], _buffer);
        Assert.Equal("4000000501020304" + "05000000", Convert.ToHexString(_buffer.AsSpan(0, length)));
        Assert.Equal(TurnFrame.Complete, TurnFraming.TryRead(_buffer.AsSpan(0, length + 10), out int framed));
        Assert.Equal(12, framed);

        allocation.Permit(_now, Bytes.Address("192.0.2.200:1"));
        Assert.True(allocation.TryGetDatagram(_now, _buffer, out _));
        _now += TimeSpan.FromSeconds(10);
        allocation.HandleTimeout(_now);
        Assert.False(allocation.TryGetDatagram(_now, _buffer, out _));
        _now += TimeSpan.FromSeconds(6);
        allocation.HandleTimeout(_now);
        Assert.Equal(RelayPermission.Refused, allocation.PermissionOf(Bytes.Address("192.0.2.200:1")));
    }

    [Fact, Rfc(8489, "6.2.2"), Rfc(8656, "12.5")]
    public void A_stream_is_cut_where_messages_end()
    {
        byte[] stun = new byte[100];
        int length = StunBinding.WriteRequest(stun, new StunTransactionId(1, 2));
        byte[] stream = [.. stun[..length], 0x40, 0, 0, 2, 8, 9, 0, 0, 0x40, 0, 0, 0];
        Assert.Equal(TurnFrame.Complete, TurnFraming.TryRead(stream, out int first));
        Assert.Equal(length, first);
        Assert.Equal(TurnFrame.Complete, TurnFraming.TryRead(stream.AsSpan(first), out int second));
        Assert.Equal(8, second);
        Assert.Equal(TurnFrame.Complete, TurnFraming.TryRead(stream.AsSpan(first + second), out int third));
        Assert.Equal(4, third);
        for (int end = 0; end < length; end++)
        {
            Assert.Equal(TurnFrame.Incomplete, TurnFraming.TryRead(stream.AsSpan(0, end), out _));
        }

        Assert.Equal(TurnFrame.Broken, TurnFraming.TryRead([0x16, 3, 3], out _));
        Assert.Equal(TurnFrame.Broken, TurnFraming.TryRead([0, 1, 0, 3], out _));
    }

    [Theory, Rfc(8489, "9.2.5"), Rfc(8489, "9.1.4")]
    [InlineData(false)]
    [InlineData(true)]
    public void Answers_with_a_wrong_signature_do_not_count_and_are_told_in_the_end(bool isStream)
    {
        (TurnAllocation allocation, TurnServer server) = Make(Options() with { IsStream = isStream });
        server.SignsWrongly = true;
        allocation.Start(_now);
        Exchange(allocation, server);
        Assert.Equal(isStream ? RelayState.Failed : RelayState.Allocating, allocation.State);
        for (int step = 0; step < 20 && allocation.State == RelayState.Allocating; step++)
        {
            _now = allocation.NextTimeout;
            allocation.HandleTimeout(_now);
            Exchange(allocation, server);
        }

        Assert.Equal(RelayState.Failed, allocation.State);
        Assert.Contains("not authentic", allocation.FailureText, StringComparison.Ordinal);
    }

    [Fact, Rfc(8489, "6.2.1")]
    public void A_server_that_is_not_there_is_given_up()
    {
        (TurnAllocation allocation, _) = Make();
        allocation.Start(_now);
        int sent = 0;
        while (allocation.State == RelayState.Allocating)
        {
            while (allocation.TryGetDatagram(_now, _buffer, out _))
            {
                sent++;
            }

            _now = allocation.NextTimeout;
            allocation.HandleTimeout(_now);
        }

        Assert.Equal(5, sent);
        Assert.Equal("the server does not answer", allocation.FailureText);
    }

    [Fact, Rfc(8656, "8.3")]
    public void A_server_that_has_forgotten_the_allocation_ends_it()
    {
        (TurnAllocation allocation, TurnServer server) = Allocated();
        _now += TimeSpan.FromMinutes(9);
        server.ForcedError = 437;
        allocation.HandleTimeout(_now);
        Exchange(allocation, server);
        Assert.Equal(RelayState.Failed, allocation.State);
        Assert.Equal(437, allocation.ErrorCode);
        Assert.Equal(RelayPermission.Refused, allocation.PermissionOf(s_peer));
    }

    [Fact, Rfc(8656, "8.3")]
    public void What_is_still_lent_stays_when_it_is_renewed()
    {
        (TurnAllocation allocation, TurnServer server) = Allocated();
        allocation.Prefer(_now, s_peer);
        Exchange(allocation, server);
        NetworkAddress before = allocation.RelayedAddresses[0];
        allocation.Renew(_now);
        Assert.Equal(RelayState.Allocating, allocation.State);
        Assert.True(allocation.Wrap(_now, s_peer, [1], _buffer) > 0);
        Exchange(allocation, server);
        Assert.Equal(RelayState.Allocated, allocation.State);
        Assert.Equal(before, Assert.Single(allocation.RelayedAddresses));
        Assert.Equal(RelayPermission.Granted, allocation.PermissionOf(s_peer));
    }

    [Fact, Rfc(8656, "5"), Rfc(8656, "8.3")]
    public void What_the_server_has_forgotten_is_asked_for_anew_when_it_is_renewed()
    {
        (TurnAllocation allocation, TurnServer server) = Allocated();
        allocation.Prefer(_now, s_peer);
        Exchange(allocation, server);
        allocation.Renew(_now);
        var other = new TurnServer(server.Address, () => _now);      // the server was restarted, or sees us at another address
        Exchange(allocation, other);
        Assert.Equal(RelayState.Allocated, allocation.State);
        Assert.Single(other.Allocations);
        Assert.Equal(RelayPermission.Granted, allocation.PermissionOf(s_peer));
    }

    [Fact]
    public void A_server_that_was_not_there_is_asked_again_when_it_is_renewed()
    {
        (TurnAllocation allocation, TurnServer server) = Make();
        allocation.Start(_now);
        WaitInVain(allocation);
        Assert.Equal(RelayState.Failed, allocation.State);
        allocation.Renew(_now);
        Exchange(allocation, server);
        Assert.Equal(RelayState.Allocated, allocation.State);
    }

    [Fact]
    public void A_renewal_that_nobody_answers_takes_nothing_away()
    {
        (TurnAllocation allocation, _) = Allocated();
        allocation.Renew(_now);
        WaitInVain(allocation);
        Assert.Equal(RelayState.Allocated, allocation.State);
        Assert.Single(allocation.RelayedAddresses);
    }

    [Fact]
    public void What_was_given_back_is_not_renewed()
    {
        (TurnAllocation allocation, TurnServer server) = Allocated();
        allocation.Release(_now);
        Exchange(allocation, server);
        allocation.Renew(_now);
        Assert.Equal(RelayState.Failed, allocation.State);
        Assert.False(allocation.TryGetDatagram(_now, _buffer, out _));
    }

    [Fact, Rfc(8656, "8")]
    public void A_refresh_that_is_never_answered_ends_it_too()
    {
        (TurnAllocation allocation, _) = Allocated();
        while (allocation.State == RelayState.Allocated)
        {
            _now = allocation.NextTimeout;
            allocation.HandleTimeout(_now);
            while (allocation.TryGetDatagram(_now, _buffer, out _))
            {
            }
        }

        Assert.InRange((_now - Instant.Zero).TotalMinutes, 9, 10.1);
    }

    [Theory, Rfc(8656, "8.3")]
    [InlineData(500)]
    [InlineData(486)]
    [InlineData(0)]
    public void A_refresh_that_fails_is_tried_again_while_the_address_is_still_lent(int code)
    {
        (TurnAllocation allocation, TurnServer server) = Allocated();
        _now += TimeSpan.FromMinutes(9);
        Instant lost = _now + TimeSpan.FromSeconds(code == 0 ? 12 : 0);
        server.ForcedError = code;
        allocation.HandleTimeout(_now);
        if (code != 0)
        {
            Exchange(allocation, server);
        }

        for (; _now < lost; _now = allocation.NextTimeout, allocation.HandleTimeout(_now))
        {
            while (allocation.TryGetDatagram(_now, _buffer, out _))
            {
            }
        }

        Assert.Equal(RelayState.Allocated, allocation.State);
        server.ForcedError = 0;
        for (int renewals = 0; renewals < 4; renewals++)
        {
            _now = allocation.NextTimeout;
            allocation.HandleTimeout(_now);
            Exchange(allocation, server);
            Assert.Equal(RelayState.Allocated, allocation.State);
        }

        Assert.True((_now - Instant.Zero).TotalMinutes > 30);
        Assert.Single(server.Allocations);
    }

    [Theory, Rfc(8489, "9.2.5")]
    [InlineData(438, false)]
    [InlineData(401, true)]
    public void A_server_that_wants_other_credentials_each_time_is_given_up(int code, bool changesRealm)
    {
        (TurnAllocation allocation, _) = Make();
        allocation.Start(_now);
        int asked = 0;
        while (asked < 100 && allocation.TryGetDatagram(_now, _buffer, out OutgoingDatagram request))
        {
            Assert.True(StunView.TryRead(_buffer.AsSpan(0, request.Length), out StunView view));
            byte[] answer = new byte[200];
            var writer = new StunWriter(answer, StunClass.ErrorResponse, StunMethod.Allocate, view.TransactionId);
            writer.AddError(asked == 0 ? StunError.Unauthenticated : code);
            writer.Add(StunAttributeType.Realm, changesRealm ? $"realm-{asked}" : "realm");
            writer.Add(StunAttributeType.Nonce, $"nonce-{asked}");
            allocation.HandleDatagram(_now, allocation.ServerPath, answer.AsSpan(0, writer.Finish()));
            asked++;
        }

        Assert.InRange(asked, 3, 6);
        Assert.Equal(RelayState.Failed, allocation.State);
        Assert.Equal($"{code} the server asks for other credentials again and again", allocation.FailureText);
    }

    [Theory, Rfc(8656, "9"), Rfc(8656, "10.3")]
    [InlineData(true)]
    [InlineData(false)]
    public void A_permission_that_is_not_renewed_at_once_is_good_until_it_expires(bool isRenewedLater)
    {
        (TurnAllocation allocation, TurnServer server) = Allocated();
        allocation.Permit(_now, s_peer);
        Exchange(allocation, server);
        Instant end = _now + TimeSpan.FromMinutes(5);
        server.ForcedError = 508;
        server.ForcedErrorMethod = StunMethod.CreatePermission;
        _now += TimeSpan.FromMinutes(4);
        allocation.HandleTimeout(_now);
        Exchange(allocation, server);
        Assert.Equal(RelayPermission.Granted, allocation.PermissionOf(s_peer));
        server.ForcedError = isRenewedLater ? 0 : 508;
        while (_now < end && allocation.PermissionOf(s_peer) == RelayPermission.Granted)
        {
            _now = allocation.NextTimeout;
            allocation.HandleTimeout(_now);
            Exchange(allocation, server);
        }

        Assert.Equal(isRenewedLater, allocation.PermissionOf(s_peer) == RelayPermission.Granted);
        Assert.Equal(isRenewedLater, _now > end);
    }

    [Fact, Rfc(8656, "9")]
    public void A_peer_for_whose_host_there_is_no_room_is_refused_until_another_was_not_used_for_long()
    {
        (TurnAllocation allocation, TurnServer server) = Allocated();
        NetworkAddress[] hosts = [.. Enumerable.Range(1, 128).Select(host => Bytes.Address($"192.0.2.{host}:9"))];
        foreach (NetworkAddress host in hosts)
        {
            allocation.Permit(_now, host);
        }

        Exchange(allocation, server);
        Assert.All(hosts, host => Assert.Equal(RelayPermission.Granted, allocation.PermissionOf(host)));
        allocation.Permit(_now, s_peer);
        Assert.Equal(RelayPermission.Refused, allocation.PermissionOf(s_peer));

        _now += TimeSpan.FromMinutes(4);
        allocation.HandleTimeout(_now);
        Exchange(allocation, server);
        _now += TimeSpan.FromMinutes(1);
        Assert.NotEqual(0, allocation.Wrap(_now, hosts[0], [1], _buffer));
        allocation.Permit(_now, s_peer);
        Exchange(allocation, server);
        Assert.Equal(RelayPermission.Granted, allocation.PermissionOf(s_peer));
        Assert.Equal(RelayPermission.Granted, allocation.PermissionOf(hosts[0]));
        Assert.Equal(RelayPermission.Refused, allocation.PermissionOf(hosts[1]));
    }

    [Fact]
    public void Mutations_of_what_servers_send_never_throw()
    {
        var random = new SeededRandom(8656);
        for (int round = 0; round < 300; round++)
        {
            (TurnAllocation allocation, TurnServer server) = Make();
            allocation.Start(_now);
            allocation.Prefer(_now, s_peer);
            for (int step = 0; step < 20; step++)
            {
                while (allocation.TryGetDatagram(_now, _buffer, out OutgoingDatagram datagram))
                {
                    foreach ((_, _, byte[] bytes) in server.Handle(s_client, server.Address, _buffer[..datagram.Length]))
                    {
                        for (int change = random.NextInt32(4); change > 0; change--)
                        {
                            bytes[random.NextInt32(bytes.Length)] = (byte)random.NextInt32(256);
                        }

                        allocation.HandleDatagram(_now, allocation.ServerPath, bytes);
                    }
                }

                allocation.HandleTimeout(_now);
                _now += TimeSpan.FromMilliseconds(600);
            }
        }
    }

    private static TurnOptions Options() => new() { Username = "user", Password = "pass" };

    private (TurnAllocation Allocation, TurnServer Server) Make(TurnOptions? options = null)
    {
        var server = new TurnServer(Bytes.Address("203.0.113.1:3478"), () => _now);
        return (new TurnAllocation(options ?? Options(), new NetworkPath(s_client, server.Address), new SeededRandom(1)), server);
    }

    private (TurnAllocation Allocation, TurnServer Server) Allocated()
    {
        (TurnAllocation allocation, TurnServer server) = Make();
        allocation.Start(_now);
        Exchange(allocation, server);
        Assert.Equal(RelayState.Allocated, allocation.State);
        return (allocation, server);
    }

    private void WaitInVain(TurnAllocation allocation)
    {
        while (allocation.State == RelayState.Allocating)
        {
            while (allocation.TryGetDatagram(_now, _buffer, out _))
            {
            }

            _now = allocation.NextTimeout;
            allocation.HandleTimeout(_now);
        }
    }

    private void Exchange(TurnAllocation allocation, params TurnServer[] servers)
    {
        while (allocation.TryGetDatagram(_now, _buffer, out OutgoingDatagram datagram))
        {
            TurnServer? server = Array.Find(servers, candidate => candidate.Address == datagram.Path.Remote);
            IEnumerable<byte[]> answers = server?.Handle(s_client, server.Address, _buffer[..datagram.Length]).Select(answer => answer.Bytes) ?? [];
            foreach (byte[] answer in answers)
            {
                allocation.HandleDatagram(_now, allocation.ServerPath, answer);
            }
        }
    }
}
