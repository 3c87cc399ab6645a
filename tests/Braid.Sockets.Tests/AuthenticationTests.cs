using System.Collections.Generic;
using System.Threading.Tasks;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Sockets.Tests;

/// <summary>Authenticated chunks (RFC 4895) and their keys, over the sockets (RFC 6458).</summary>
public sealed class AuthenticationTests
{
    private static readonly SctpAssociationOptions s_options = SctpAssociationOptions.Default with
    {
        Notifications = SctpNotificationKinds.Authentication | SctpNotificationKinds.SendFailed,
        Authentication = new AuthenticationOptions
        {
            RequiredChunks = [ChunkType.Data, ChunkType.IData],
            Keys = [new SharedKey(1, "one"u8.ToArray())],
        },
    };

    [Fact, Rfc(6458, "5.3.8"), Rfc(6458, "8.1.17"), Rfc(6458, "8.1.18"), Rfc(6458, "8.2.3"), Rfc(6458, "8.2.4"), Rfc(6458, "8.3.3"), Rfc(6458, "8.3.4"), Rfc(6458, "8.3.5"), Rfc(6458, "6.1.8")]
    public async Task Keys_roll_over_while_messages_flow()
    {
        await using var pair = new TwoStacks();
        (SctpAssociation client, SctpAssociation server) = await pair.ConnectedAsync(s_options, s_options);
        SctpAuthentication at = await client.GetAuthenticationAsync();
        Assert.Equal((ushort?)1, at.ActiveKey);
        Assert.Equal([ChunkType.Data, ChunkType.IData], at.PeerChunks);
        Assert.Equal([ChunkType.Data, ChunkType.IData], at.LocalChunks);
        Assert.Equal(Extensions.Authentication, client.Extensions & Extensions.Authentication);

        await client.SendAsync(new byte[] { 1 }, pair.Guard);
        Assert.Equal(AuthenticationKeyStatus.Done, await server.SetAuthenticationKeyAsync(2, "two"u8.ToArray()));
        Assert.Equal(AuthenticationKeyStatus.Done, await client.SetAuthenticationKeyAsync(2, "two"u8.ToArray()));
        await client.SendAsync(new byte[] { 2 }, new SctpSendInfo(KeyId: 2), pair.Guard);
        Assert.Equal(AuthenticationKeyStatus.Done, await client.ActivateAuthenticationKeyAsync(2));
        Assert.Equal(AuthenticationKeyStatus.IsActive, await client.DeactivateAuthenticationKeyAsync(2));
        Assert.Equal(AuthenticationKeyStatus.Done, await client.DeactivateAuthenticationKeyAsync(1));
        Assert.Equal(SctpDeliveryStatus.Delivered, (await client.SendWithReceiptAsync(new byte[] { 3 }, default, pair.Guard)).Status);
        Assert.Equal(SctpDeliveryStatus.Unknown, (await client.SendWithReceiptAsync(new byte[] { 4 }, new SctpSendInfo(KeyId: 1), pair.Guard)).Status);
        Assert.Equal(AuthenticationKeyStatus.Done, await client.DeleteAuthenticationKeyAsync(1));
        Assert.Equal((ushort?)2, (await client.GetAuthenticationAsync()).ActiveKey);
        foreach (byte expected in new byte[] { 1, 2, 3 })
        {
            using SctpMessage message = await server.ReceiveAsync(pair.Guard);
            Assert.Equal(expected, message.ToArray()[0]);
        }

        Assert.Contains(new SctpNotification.Authentication(client.Id, SctpAuthenticationIndication.KeyFreed, 1), Told(client));
        List<SctpNotification> told = Told(server);
        Assert.Contains(new SctpNotification.Authentication(server.Id, SctpAuthenticationIndication.NewKey, 1), told);
        Assert.Contains(new SctpNotification.Authentication(server.Id, SctpAuthenticationIndication.NewKey, 2), told);
        await client.ShutdownAsync(pair.Guard);
    }

    [Fact, Rfc(4895, "6.1"), Rfc(6458, "6.1.8")]
    public async Task A_peer_without_it_is_refused_or_let_in_with_a_word()
    {
        await using var pair = new TwoStacks();
        SctpAssociationOptions lets = s_options with { Authentication = s_options.Authentication! with { AcceptsOtherPeers = true } };
        (SctpAssociation client, SctpAssociation server) = await pair.ConnectedAsync(lets, SctpAssociationOptions.Default);
        Assert.Contains(new SctpNotification.Authentication(client.Id, SctpAuthenticationIndication.NotSupported, 0), Told(client));
        Assert.Null((await server.GetAuthenticationAsync()).ActiveKey);
        await client.ShutdownAsync(pair.Guard);

        await using var strict = new TwoStacks();
        var exception = await Assert.ThrowsAsync<SctpException>(() => strict.ConnectedAsync(s_options, SctpAssociationOptions.Default));
        Assert.Equal(SctpError.ProtocolViolation, exception.Error);
    }

    [Fact, Rfc(6458, "8.1.17"), Rfc(6458, "8.3.2"), Rfc(6458, "8.3.3")]
    public void Options_by_their_names_offer_it()
    {
        SctpAssociationOptions options = SctpAssociationOptions.Default;
        options = SctpOptions.AuthenticatedChunks.Set(options, [ChunkType.Data]);
        options = SctpOptions.HmacIdentifiers.Set(options, [HmacAlgorithm.Sha1]);
        options = SctpOptions.SharedKeys.Set(options, [new SharedKey(4, new byte[] { 5 })]);
        options.Validate();
        Assert.Equal([ChunkType.Data], options.Authentication!.RequiredChunks);
        Assert.Equal([HmacAlgorithm.Sha1], SctpOptions.HmacIdentifiers.Get(options));
        Assert.Equal(4, Assert.Single(SctpOptions.SharedKeys.Get(options)).Id);
    }

    private static List<SctpNotification> Told(SctpAssociation association)
    {
        var told = new List<SctpNotification>();
        while (association.TryReadNotification(out SctpNotification? one))
        {
            told.Add(one);
        }

        return told;
    }
}
