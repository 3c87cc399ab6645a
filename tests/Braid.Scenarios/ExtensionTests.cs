using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>How both sides come to know which extensions they share (RFC 5061 §4.2.7).</summary>
public sealed class ExtensionTests
{
    private const Extensions All = Extensions.PartialReliability | Extensions.StreamReconfiguration | Extensions.Interleaving;

    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = System.TimeSpan.Zero, MaximumPathMtu = 0, Extensions = Extensions.None };

    [Theory, Rfc(5061, "4.2.7"), Rfc(3758, "3.1"), Rfc(8260, "2.3.1")]
    [InlineData(All, All, All)]
    [InlineData(All, All & ~Extensions.Interleaving, All & ~Extensions.Interleaving)]
    [InlineData(All, Extensions.None, Extensions.None)]
    [InlineData(Extensions.None, All, Extensions.None)]
    [InlineData(All, Extensions.Interleaving, Extensions.Interleaving)]
    [InlineData(Extensions.PartialReliability | Extensions.StreamReconfiguration, Extensions.Interleaving | Extensions.StreamReconfiguration, Extensions.StreamReconfiguration)]
    public void What_both_offer_is_what_both_use(Extensions a, Extensions z, Extensions both)
    {
        Pair pair = new Pair(s_quiet with { Extensions = a }, optionsOfZ: s_quiet with { Extensions = z }, interleaves: true).Established();
        Assert.Equal((both, both), (pair.A.Extensions, pair.Z.Extensions));
    }

    [Fact, Rfc(5061, "4.2.7"), Rfc(3758, "3.1"), Rfc(8260, "2.3.1")]
    public void INIT_lists_the_chunk_types_and_so_does_an_INIT_ACK_that_has_one_of_them_to_answer()
    {
        var pair = new Pair(s_quiet with { Extensions = All }, interleaves: true);
        pair.Connect().Arrow("A -> INIT -> Z");
        byte[] expected = [0xC0, 0, 0, 4, 0x80, 8, 0, 8, 192, 130, 64, 194];
        Assert.Equal(expected, pair.LastPacket[^expected.Length..]);
        pair.Arrow("A <- INIT ACK <- Z");
        Assert.Equal(expected, pair.LastPacket[^expected.Length..]);
    }

    [Theory, Rfc(8260, "2.3.1")]
    [InlineData(new byte[] { 0xC0, 0, 0, 4, 0x80, 8, 0, 6, 64, 192, 0, 0 }, Extensions.Interleaving)]
    [InlineData(new byte[] { 0x80, 8, 0, 6, 64, 194, 0, 0 }, Extensions.Interleaving | Extensions.PartialReliability)]
    [InlineData(new byte[] { 0xC0, 0, 0, 4, 0x80, 8, 0, 6, 192, 194, 0, 0 }, Extensions.PartialReliability)]
    [InlineData(new byte[] { 0x80, 8, 0, 5, 194, 0, 0, 0 }, Extensions.None)]
    public void Who_lists_I_DATA_can_be_told_of_skipped_messages_only_by_I_FORWARD_TSN(byte[] parameters, Extensions both)
    {
        var pair = new Pair(s_quiet with { Extensions = All }, interleaves: true);
        pair.InjectToZ(Packets.WithParameters(Packets.Init(5), parameters)).Arrow("A x INIT ACK <- Z");
        pair.InjectToZ(Packets.CookieEcho(pair.LastPacket));
        Assert.Equal(both, pair.Z.Extensions);
    }

    [Fact, Rfc(5061, "4.2.7"), Rfc(5062, "9.3")]
    public void A_peer_that_knows_of_none_gets_an_INIT_ACK_without()
    {
        byte[] bare = Packets.Init(5);
        var with = new Pair(s_quiet with { Extensions = All }, interleaves: true);
        with.InjectToZ(bare).Arrow("A x INIT ACK <- Z");
        var without = new Pair(s_quiet);
        without.InjectToZ(bare).Arrow("A x INIT ACK <- Z");
        Assert.Equal(without.LastPacket.Length, with.LastPacket.Length);
    }
}
