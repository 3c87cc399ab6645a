using System;
using Braid.Core;
using Braid.Ice;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc.Tests.Peer;

/// <summary>Messages over an open channel allocate nothing, over real DTLS.</summary>
public sealed class PeerAllocationTests
{
    private static readonly NetworkAddress s_a = NetworkAddress.FromIPv4([10, 0, 0, 1], 1000);
    private static readonly NetworkAddress s_z = NetworkAddress.FromIPv4([10, 0, 0, 2], 2000);

    private readonly byte[] _buffer = new byte[65_507];
    private readonly byte[] _message = new byte[1000];
    private Instant _now = new(TimeSpan.TicksPerSecond);
    private long _arrived;
    private Channel? _open;

    [Fact]
    public void Messages_over_an_open_channel_allocate_nothing()
    {
        var options = PeerPair.WithDtls(new PeerOptions { Fingerprints = [], Sessions = (_, _) => null! });
        var random = new SeededRandom(5);
        using var a = new PeerCore(options, random.Fork());
        using var z = new PeerCore(PeerPair.WithDtls(options), random.Fork());
        Assert.True(a.CreateChannel(_now, "x", null, out Channel? channel).IsNone);
        Assert.True(a.SetLocalDescription(_now).IsNone);
        Assert.True(z.SetRemoteDescription(_now, SdpType.Offer, a.Descriptions.Local!.Text).IsNone);
        Assert.True(z.SetLocalDescription(_now).IsNone);
        Assert.True(a.SetRemoteDescription(_now, SdpType.Answer, z.Descriptions.Local!.Text).IsNone);
        Add(a, z, s_a);
        Add(z, a, s_z);
        for (int i = 0; i < 5000 && _open is null; i++)
        {
            Step(a, z);
        }

        Assert.NotNull(_open);
        Exchange(a, z, channel!, 2000);
        int count = 2000;
        long allocated = Allocations.Of(() =>
        {
            Exchange(a, z, channel!, 2000);
            count += 2000;
        });
        Assert.InRange(allocated, 0, 2000);                  // consent and the like come now and then
        Assert.Equal(count, _arrived);
    }

    private void Add(PeerCore peer, PeerCore other, NetworkAddress address)
    {
        peer.AddHostCandidate(_now, address);
        peer.Gather(_now);
        while (peer.TryTake(_now, out PeerOutput output))
        {
            if (output.Event is PeerEvent.CandidateFound found)
            {
                other.AddRemoteCandidate(_now, new TrickledCandidate(found.Candidate?.ToString() ?? "", found.Mid, found.Index, found.Fragment));
            }
        }
    }

    private void Exchange(PeerCore a, PeerCore z, Channel channel, int count)
    {
        long target = _arrived + count;
        for (int sent = 0; _arrived < target;)
        {
            for (int i = 0; i < 10 && sent < count && a.Send(_now, channel, _message).IsNone; i++)
            {
                sent++;
            }

            Step(a, z);
        }
    }

    private void Step(PeerCore a, PeerCore z)
    {
        _now += TimeSpan.FromMilliseconds(1);
        Move(a, z, s_z);
        Move(z, a, s_a);
    }

    private void Move(PeerCore from, PeerCore to, NetworkAddress target)
    {
        if (from.NextDeadline <= _now)
        {
            from.OnTimer(_now);
        }

        while (from.TryTake(_now, out PeerOutput output))
        {
            Take(output);
        }

        while (from.TryGetBatch(_now, _buffer, out OutgoingBatch batch))
        {
            for (int offset = 0; offset < batch.Length; offset += batch.SegmentLength)
            {
                ReadOnlySpan<byte> datagram = _buffer.AsSpan(offset, Math.Min(batch.SegmentLength, batch.Length - offset));
                to.Receive(_now, IceTransport.Udp, new NetworkPath(target, batch.Path.Local), datagram);
            }
        }
    }

    private void Take(in PeerOutput output)
    {
        if (output.Event is null)
        {
            _arrived++;
            output.Message.Source.Dispose();
        }
        else if (output.Event is PeerEvent.ChannelChanged { Change: ChannelEvent.Opened opened })
        {
            _open = opened.Channel;
        }
    }
}
