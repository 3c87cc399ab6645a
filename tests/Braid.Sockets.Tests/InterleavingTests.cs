using System;
using System.Buffers;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>Interleaved messages (RFC 8260) as sockets show them.</summary>
public sealed class InterleavingTests
{
    private static readonly SctpAssociationOptions s_interleaving = SctpAssociationOptions.Default;

    [Fact, Rfc(8260, "4.3.1"), Rfc(6458, "8.1.20")]
    public async Task Messages_longer_than_the_receive_buffer_arrive_on_several_streams_at_once()
    {
        SctpAssociationOptions options = s_interleaving with { ReceiveBufferSize = 200_000, SendBufferSize = 4 << 20 };
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(options, options);
        Assert.True(pair.Client.GetOption(SctpOptions.Interleaving));
        Assert.Equal(Extensions.Interleaving, pair.Client.Extensions & Extensions.Interleaving);
        byte[][] sent = [.. Enumerable.Range(0, 3).Select(i => Enumerable.Range(0, 1_000_000).Select(at => (byte)((at * 13) + i)).ToArray())];
        for (ushort i = 0; i < 3; i++)
        {
            await pair.Client.SendAsync(sent[i], new SctpSendInfo(i), pair.Guard);
        }

        byte[][] got = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => ReadAsync(pair.Server.GetStream((ushort)i))));
        Assert.Equal(sent, got);

        async Task<byte[]> ReadAsync(SctpStream stream)
        {
            var bytes = new MemoryStream();
            bool isEnd = false;
            while (!isEnd)
            {
                using SctpMessage part = await stream.ReceiveAsync(pair.Guard);
                Assert.Equal(bytes.Length == 0, part.Info.BeginOfRecord);
                bytes.Write(part.Payload.ToArray());
                isEnd = part.Info.EndOfRecord;
            }

            return bytes.ToArray();
        }
    }

    [Fact, Rfc(8260, "2.2.1"), Rfc(6458, "8.1.20")]
    public async Task A_one_to_many_socket_offers_it_only_when_streams_may_be_mixed()
    {
        await using var with = new SctpSocket(new SctpSocketOptions { InterleavesStreams = true, Association = s_interleaving });
        await using var without = new SctpSocket(new SctpSocketOptions { Association = s_interleaving });
        Assert.True(with.GetOption(SctpOptions.Interleaving));
        Assert.False(without.GetOption(SctpOptions.Interleaving));
        without.SetOption(SctpOptions.Interleaving, true);
        Assert.False(without.GetOption(SctpOptions.Interleaving));
        Assert.Throws<ArgumentException>(() => new SctpSocket(new SctpSocketOptions { InterleavesStreams = true, InterleavesParts = false }));
    }
}
