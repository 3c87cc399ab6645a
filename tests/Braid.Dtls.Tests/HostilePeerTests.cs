using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace Braid.Dtls.Tests;

/// <summary>What a peer, or the user's own code, may do to a session during the handshake.</summary>
public sealed class HostilePeerTests
{
    [Fact]
    public void Encrypted_records_before_there_are_keys_are_kept_in_a_bounded_number()
    {
        using var pair = new SessionPair();
        pair.Start();
        var forged = new byte[13 + 40];
        forged[0] = 23;
        BinaryPrimitives.WriteUInt16BigEndian(forged.AsSpan(1), 0xFEFD);
        forged[4] = 1;                                       // epoch
        forged[12] = 40;
        for (int i = 0; i < 1000; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(forged.AsSpan(9), (ushort)i);
            pair.Server.HandleDatagram(SessionPair.Now, forged);
        }

        Assert.Equal(1000 - 32, pair.Server.Statistics.Discarded);
    }

    [Fact]
    public void A_call_back_that_touches_its_session_is_refused()
    {
        DtlsSession? session = null;
        var errors = new List<Exception?>();
        using var pair = new SessionPair(
            server: options => options with
            {
                PeerFingerprints = null,
                PeerValidation = _ =>
                {
                    errors.Add(Record.Exception(() => session!.Dispose()));
                    errors.Add(Record.Exception(() => session!.Close(SessionPair.Now)));
                    return true;
                },
            });
        session = pair.Server;
        pair.Shake();
        Assert.Equal(DtlsState.Connected, pair.Server.State);
        Assert.All(errors, error => Assert.IsType<InvalidOperationException>(error));
        Assert.Equal(2, errors.Count);
    }
}
