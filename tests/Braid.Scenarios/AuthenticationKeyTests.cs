using System;
using System.Collections.Generic;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Keys that come and go while an association lives (RFC 6458 §8.1.18, §8.3.3 to §8.3.5, §5.3.8, §6.1.8).</summary>
public sealed class AuthenticationKeyTests
{
    private static readonly byte[] s_one = "one"u8.ToArray();
    private static readonly byte[] s_two = "two"u8.ToArray();

    private static readonly AssociationOptions s_options = AssociationOptions.Rfc9260 with
    {
        HeartbeatInterval = TimeSpan.Zero,
        MaximumPathMtu = 0,
        LossRecovery = LossRecovery.MissingReports,
        Authentication = new AuthenticationOptions { RequiredChunks = [ChunkType.Data], Keys = [new SharedKey(1, s_one), new SharedKey(2, s_two)] },
    };

    [Fact, Rfc(6458, "5.3.8"), Rfc(6458, "8.1.18"), Rfc(4895, "6.2")]
    public void Messages_with_different_keys_are_in_different_packets()
    {
        Pair pair = Established();
        Send(pair, "a", null);
        Send(pair, "b", 1);
        Send(pair, "c", 2);
        Send(pair, "d", 2);
        Assert.Equal(AuthenticationKeyStatus.Done, pair.A.ActivateAuthenticationKey(pair.Now, 2));
        Send(pair, "e", null);
        Send(pair, "f", 1);
        pair.Arrow("A -> AUTH, DATA, DATA -> Z");
        Assert.Equal(1, AuthenticatedPeer.KeyOf(pair.LastPacket));
        pair.Arrow("A -> AUTH, DATA, DATA, DATA -> Z");
        Assert.Equal(2, AuthenticatedPeer.KeyOf(pair.LastPacket));
        pair.Arrow("A -> AUTH, DATA -> Z");
        Assert.Equal(1, AuthenticatedPeer.KeyOf(pair.LastPacket));
        pair.Exchange();
        foreach (string text in (string[])["a", "b", "c", "d", "e", "f"])
        {
            Assert.Equal(text, System.Text.Encoding.UTF8.GetString(pair.Receive(pair.Z)!));
        }

        Assert.Equal((ushort?)2, pair.A.ActiveAuthenticationKey);
    }

    [Fact, Rfc(6458, "8.1.18")]
    public void What_was_accepted_keeps_its_key_when_it_is_sent_again_and_when_the_active_one_changes()
    {
        Pair pair = Established();
        Send(pair, "lost", null).Arrow("A -> AUTH, DATA x Z");
        pair.A.ActivateAuthenticationKey(pair.Now, 2);
        Send(pair, "later", null).Arrow("A -> AUTH, DATA x Z");
        Assert.Equal(2, AuthenticatedPeer.KeyOf(pair.LastPacket));
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> AUTH, DATA -> Z");
        Assert.Equal(1, AuthenticatedPeer.KeyOf(pair.LastPacket));
        pair.AdvanceToNextTimeout();
        pair.Arrow("A <- SACK <- Z").Arrow("A -> AUTH, DATA -> Z");
        Assert.Equal(2, AuthenticatedPeer.KeyOf(pair.LastPacket));
    }

    [Fact, Rfc(6458, "6.1.8"), Rfc(6458, "8.3.3"), Rfc(6458, "8.3.4"), Rfc(6458, "8.3.5"), Rfc(4895, "6.3")]
    public void A_key_is_added_used_deactivated_freed_and_deleted()
    {
        Pair pair = Established();
        Events(pair.A);
        Events(pair.Z);
        Assert.Equal(AuthenticationKeyStatus.UnknownKey, pair.A.ActivateAuthenticationKey(pair.Now, 7));
        Assert.Equal(SendStatus.UnknownKey, pair.A.Send(pair.Now, "x"u8, new SendOptions(KeyId: 7)));
        Assert.Equal(AuthenticationKeyStatus.Done, pair.A.SetAuthenticationKey(pair.Now, 7, "seven"u8));
        Assert.Equal(AuthenticationKeyStatus.Done, pair.Z.SetAuthenticationKey(pair.Now, 7, "seven"u8));
        Assert.Equal(AuthenticationKeyStatus.Done, pair.A.ActivateAuthenticationKey(pair.Now, 7));
        Send(pair, "hello", null).Arrow("A -> AUTH, DATA -> Z");
        Assert.Equal([new AssociationEvent.Authentication(AuthenticationIndication.NewKey, 7)], Events(pair.Z));

        Assert.Equal(AuthenticationKeyStatus.IsActive, pair.A.DeactivateAuthenticationKey(pair.Now, 7));
        Assert.Equal(AuthenticationKeyStatus.NotDeactivated, pair.A.DeleteAuthenticationKey(pair.Now, 7));
        Assert.Equal(AuthenticationKeyStatus.Done, pair.A.ActivateAuthenticationKey(pair.Now, 2));
        Assert.Equal(AuthenticationKeyStatus.Done, pair.A.DeactivateAuthenticationKey(pair.Now, 7));
        Assert.Equal(AuthenticationKeyStatus.IsDeactivated, pair.A.DeactivateAuthenticationKey(pair.Now, 7));
        Assert.Equal(AuthenticationKeyStatus.IsDeactivated, pair.A.ActivateAuthenticationKey(pair.Now, 7));
        Assert.Equal(AuthenticationKeyStatus.InUse, pair.A.DeleteAuthenticationKey(pair.Now, 7));
        Assert.Equal(SendStatus.UnknownKey, pair.A.Send(pair.Now, "x"u8, new SendOptions(KeyId: 7)));
        Assert.Empty(Events(pair.A));
        pair.Exchange().Advance(TimeSpan.FromMilliseconds(200)).Exchange();
        Assert.Equal([new AssociationEvent.Authentication(AuthenticationIndication.KeyFreed, 7)], Events(pair.A));
        Assert.Equal(AuthenticationKeyStatus.Done, pair.A.DeleteAuthenticationKey(pair.Now, 7));
        Assert.Equal(AuthenticationKeyStatus.UnknownKey, pair.A.DeleteAuthenticationKey(pair.Now, 7));

        // Nothing needs it at Z: it is free at once, and what comes with it is taken until it is deleted.
        Assert.Equal(AuthenticationKeyStatus.Done, pair.Z.DeactivateAuthenticationKey(pair.Now, 7));
        Assert.Equal([new AssociationEvent.Authentication(AuthenticationIndication.KeyFreed, 7)], Events(pair.Z));
    }

    [Fact, Rfc(4895, "6.3"), Rfc(6458, "8.3.5")]
    public void What_comes_with_a_deleted_or_unknown_key_is_dropped_and_comes_again_when_the_key_is_there()
    {
        Pair pair = Established();
        pair.A.SetAuthenticationKey(pair.Now, 9, "nine"u8);
        pair.A.ActivateAuthenticationKey(pair.Now, 9);
        Send(pair, "early", null).Arrow("A -> AUTH, DATA -> Z").NothingPending();
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.BadAuthentication]);
        pair.Z.SetAuthenticationKey(pair.Now, 9, "nine"u8);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> AUTH, DATA -> Z").AdvanceToNextTimeout();
        pair.Arrow("A <- SACK <- Z");
        Assert.Equal("early"u8.ToArray(), pair.Receive(pair.Z));
        pair.Z.DeactivateAuthenticationKey(pair.Now, 9);
        Assert.Equal(AuthenticationKeyStatus.Done, pair.Z.DeleteAuthenticationKey(pair.Now, 9));
        Send(pair, "late", null).Arrow("A -> AUTH, DATA -> Z").NothingPending();
        Assert.Equal(2, pair.EndpointZ.Drops[DropReason.BadAuthentication]);
    }

    [Fact, Rfc(6458, "8.3.3"), Rfc(4895, "9")]
    public void A_key_with_the_same_number_takes_the_place_of_the_old_one_and_where_there_are_keys_the_null_key_is_none()
    {
        Pair pair = Established();
        Assert.Equal(SendStatus.UnknownKey, pair.A.Send(pair.Now, "x"u8, new SendOptions(KeyId: 0)));
        pair.A.SetAuthenticationKey(pair.Now, 1, "another"u8);
        Send(pair, "hello", 1).Arrow("A -> AUTH, DATA -> Z").NothingPending();
        pair.Z.SetAuthenticationKey(pair.Now, 1, "another"u8);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> AUTH, DATA -> Z").AdvanceToNextTimeout();
        pair.Arrow("A <- SACK <- Z");

        var without = new Pair(s_options with { Authentication = null });
        without.Established();
        Assert.Equal(AuthenticationKeyStatus.NotOffered, without.A.SetAuthenticationKey(without.Now, 1, s_one));
        Assert.Equal((ushort?)null, without.A.ActiveAuthenticationKey);
        Assert.Equal(SendStatus.UnknownKey, without.A.Send(without.Now, "x"u8, new SendOptions(KeyId: 1)));
        Assert.Equal(SendStatus.Ok, without.A.Send(without.Now, "x"u8, new SendOptions(KeyId: 0)));
        without.A.Abort(without.Now);
        Assert.Equal(AuthenticationKeyStatus.NotOffered, without.A.DeleteAuthenticationKey(without.Now, 1));
    }

    [Fact]
    public void Every_option_has_its_range()
    {
        Wrong(new() { RequiredChunks = [ChunkType.Init] });
        Wrong(new() { RequiredChunks = [ChunkType.InitAck] });
        Wrong(new() { RequiredChunks = [ChunkType.ShutdownComplete] });
        Wrong(new() { RequiredChunks = [ChunkType.Auth] });
        Wrong(new() { Algorithms = [] });
        Wrong(new() { Algorithms = [HmacAlgorithm.Sha256] });
        Wrong(new() { Algorithms = [HmacAlgorithm.Sha1, HmacAlgorithm.Sha1] });
        Wrong(new() { Algorithms = [HmacAlgorithm.Sha1, (HmacAlgorithm)2] });
        Wrong(new() { Keys = [new SharedKey(1, s_one), new SharedKey(1, s_two)] });
        Wrong(new() { Keys = [new SharedKey(1, s_one)], ActiveKey = 0 });
        Wrong(new() { ActiveKey = 1 });
        new AuthenticationOptions { ActiveKey = 0 }.Validate();
        Assert.Equal("shared key 1", new SharedKey(1, s_one).ToString());
    }

    private static void Wrong(AuthenticationOptions options) =>
        Assert.ThrowsAny<ArgumentException>(() => (s_options with { Authentication = options }).Validate());

    private static Pair Established()
    {
        Pair pair = new Pair(s_options).Established();
        Send(pair, "first", null).Arrow("A -> AUTH, DATA -> Z").Arrow("A <- SACK <- Z");
        pair.Receive(pair.Z);
        return pair;
    }

    private static Pair Send(Pair pair, string text, ushort? key)
    {
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, System.Text.Encoding.UTF8.GetBytes(text), new SendOptions(KeyId: key)));
        return pair;
    }

    private static List<AssociationEvent> Events(Association association)
    {
        var events = new List<AssociationEvent>();
        while (association.TryGetEvent(out AssociationEvent? one))
        {
            events.Add(one);
        }

        return events;
    }
}
