using Braid.Core;
using Braid.Sctp;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Peer;
using Braid.WebRtc.Sdp;
using Braid.WebRtc.Tests.Jsep;
using Braid.WebRtc.Tests.Sdp;

namespace Braid.WebRtc.Tests.Peer;

/// <summary>The association inside of a DTLS session.</summary>
public sealed class PeerAssociationTests
{
    private const int RecordOverhead = 37;

    [Theory, Rfc(8831, "5")]
    [InlineData("16384", 9000)]
    [InlineData("2000", 2000 + 48 + 4 + RecordOverhead)]
    [InlineData("all", 1500)]
    [InlineData(null, 1500)]
    public void Packets_beyond_1500_bytes_are_for_those_who_say_that_they_take_them(string? says, int expected)
    {
        var party = new Party("c");
        string line = says is null ? "" : $"a={SctpDescription.RecordSizeAttribute}:{says}\r\n";
        party.SetRemote(SdpType.Offer, Descriptions.ChromiumData + line);
        party.SetLocal();
        var association = new PeerAssociation(Instant.Zero, new PeerOptions { Fingerprints = [], Sessions = static (_, _) => null! }, party.Negotiated, RecordOverhead, new SeededRandom(1));
        Assert.Equal(expected, association.Association.Options.MaximumPathMtu);
    }

    [Fact, Rfc(8261, "6.1"), Rfc(8261, "6.3")]
    public void Addresses_that_change_are_not_offered_below_DTLS_nor_what_goes_with_them()
    {
        var party = new Party("c");
        party.SetRemote(SdpType.Offer, Descriptions.ChromiumData);
        party.SetLocal();
        var options = new PeerOptions { Fingerprints = [], Sessions = static (_, _) => null!, Association = AssociationOptions.Default };
        byte[] usual = Init(options, party);
        Assert.Equal(usual, Init(options with { Association = options.Association with { Extensions = options.Association.Extensions | Extensions.AddressReconfiguration } }, party));
    }

    private static byte[] Init(PeerOptions options, Party party)
    {
        var association = new PeerAssociation(Instant.Zero, options, party.Negotiated, RecordOverhead, new SeededRandom(1));
        byte[] packet = new byte[1500];
        Assert.True(association.TryGetPacket(Instant.Zero, packet, out OutgoingDatagram datagram));
        return packet[..datagram.Length];
    }
}
