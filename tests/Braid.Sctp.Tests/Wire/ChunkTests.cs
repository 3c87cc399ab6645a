using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Wire;

[Rfc(9260, "3.1")]
[Rfc(9260, "3.2")]
[Rfc(9260, "3.3")]
[Rfc(9260, "3.3.1")]
[Rfc(9260, "3.3.2")]
[Rfc(9260, "3.3.3")]
[Rfc(9260, "3.3.4")]
[Rfc(9260, "3.3.5")]
[Rfc(9260, "3.3.6")]
[Rfc(9260, "3.3.7")]
[Rfc(9260, "3.3.8")]
[Rfc(9260, "3.3.9")]
[Rfc(9260, "3.3.10")]
[Rfc(9260, "3.3.11")]
[Rfc(9260, "3.3.12")]
[Rfc(9260, "3.3.13")]
[Rfc(3758, "3.2")]
public sealed class ChunkTests
{
    private static readonly byte[] s_some = [1, 2, 3, 4, 5];

    [Fact]
    public void Every_chunk_refuses_what_is_short_or_lies()
    {
        ChunkContract.Check<DataChunk>((ref PacketWriter packet) => DataChunk.Write(ref packet, default, s_some), 12);
        ChunkContract.Check<InterleavedDataChunk>((ref PacketWriter packet) => InterleavedDataChunk.Write(ref packet, default, s_some), 16);
        ChunkContract.Check<InterleavedForwardTsnChunk>(
            (ref PacketWriter packet) => InterleavedForwardTsnChunk.Write(ref packet, new Tsn(1), [new SkippedMessage(1, 2, true)]), 4);
        ChunkContract.Check<InitChunk>((ref PacketWriter packet) => InitChunk.Write(ref packet, ChunkType.Init, default, s_some), 16);
        ChunkContract.Check<InitChunk>((ref PacketWriter packet) => InitChunk.Write(ref packet, ChunkType.InitAck, default, s_some), 16);
        ChunkContract.Check<SackChunk>(
            (ref PacketWriter packet) => SackChunk.Write(ref packet, new Tsn(1), 2, [new GapAckBlock(2, 3)], [new Tsn(9)]), 20);
        ChunkContract.Check<NrSackChunk>(
            (ref PacketWriter packet) => NrSackChunk.Write(ref packet, new Tsn(1), 2, [new GapAckBlock(2, 3)], [new GapAckBlock(5, 5)], [new Tsn(9)]), 28);
        ChunkContract.Check<HeartbeatChunk>((ref PacketWriter packet) => HeartbeatChunk.Write(ref packet, s_some), 4);
        ChunkContract.Check<HeartbeatAckChunk>((ref PacketWriter packet) => HeartbeatAckChunk.Write(ref packet, [0, 1, 0, 5, 9]), 4);
        ChunkContract.Check<AbortChunk>((ref PacketWriter packet) => AbortChunk.Write(ref packet, true, s_some), 0);
        ChunkContract.Check<ErrorChunk>((ref PacketWriter packet) => ErrorChunk.Write(ref packet, s_some), 0);
        ChunkContract.Check<ShutdownChunk>((ref PacketWriter packet) => ShutdownChunk.Write(ref packet, new Tsn(7)), 4);
        ChunkContract.Check<ForwardTsnChunk>(
            (ref PacketWriter packet) => ForwardTsnChunk.Write(ref packet, new Tsn(7), [new SkippedMessage(1, 2), new SkippedMessage(3, 4)]), 4);
        ChunkContract.Check<ShutdownAckChunk>((ref PacketWriter packet) => ShutdownAckChunk.Write(ref packet), 0);
        ChunkContract.Check<ShutdownCompleteChunk>((ref PacketWriter packet) => ShutdownCompleteChunk.Write(ref packet, true), 0);
        ChunkContract.Check<CookieEchoChunk>((ref PacketWriter packet) => CookieEchoChunk.Write(ref packet, s_some), 1);
        ChunkContract.Check<CookieAckChunk>((ref PacketWriter packet) => CookieAckChunk.Write(ref packet), 0);
        ChunkContract.Check<EcneChunk>((ref PacketWriter packet) => EcneChunk.Write(ref packet, new Tsn(7)), 4);
        ChunkContract.Check<AsconfChunk>((ref PacketWriter packet) => AsconfChunk.Write(ref packet, [0, 0, 0, 7, 0, 5, 0, 8, 192, 0, 2, 1]), 12);
        ChunkContract.Check<AsconfAckChunk>((ref PacketWriter packet) => AsconfAckChunk.Write(ref packet, 7, default), 4);
        ChunkContract.Check<ReConfigChunk>((ref PacketWriter packet) => ReConfigChunk.Write(ref packet, s_reset), 20);
        ChunkContract.Check<AuthChunk>((ref PacketWriter packet) => AuthChunk.Write(ref packet, 1, HmacAlgorithm.Sha1, 20), 4);
        ChunkContract.Check<CwrChunk>((ref PacketWriter packet) => CwrChunk.Write(ref packet, new Tsn(7)), 4);
    }

    private static readonly byte[] s_reset =
        [0, 13, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2, 3, 0, 14, 0, 8, 1, 2, 3, 5];

    [Fact, Rfc(6525, "3.1"), Rfc(6525, "4.1"), Rfc(6525, "4.2")]
    public void RE_CONFIG_is_laid_out_as_in_RFC_6525_3_1()
    {
        var room = new byte[100];
        var writer = new ParameterWriter(room);
        Assert.True(OutgoingResetParameter.TryWrite(ref writer, 0x01020304, 0x05060708, new Tsn(0x090A0B0C), [1, 0x0203]));
        Assert.True(IncomingResetParameter.TryWrite(ref writer, 0x01020305, []));
        Assert.Equal(s_reset, writer.Written.ToArray());
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) => ReConfigChunk.Write(ref packet, s_reset));
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & ReConfigChunk.TryRead(view, out ReConfigChunk read));
        Assert.True(read.IsAllowed);
        ParameterReader parameters = read.Parameters;
        Assert.True(parameters.TryRead(out ParameterView parameter) & OutgoingResetParameter.TryRead(parameter, out OutgoingResetParameter outgoing));
        Assert.Equal((0x01020304u, 0x05060708u, new Tsn(0x090A0B0C)), (outgoing.Number, outgoing.ResponseNumber, outgoing.LastTsn));
        Assert.Equal([1, 0x0203], outgoing.Streams.ToArray());
        Assert.Equal(20, OutgoingResetParameter.LengthOnWire(2));
    }

    [Fact, Rfc(6525, "4.3"), Rfc(6525, "4.4"), Rfc(6525, "4.5"), Rfc(6525, "4.6")]
    public void The_other_parameters_of_RFC_6525_are_laid_out_as_there()
    {
        var room = new byte[100];
        var writer = new ParameterWriter(room);
        Assert.True(AssociationResetParameter.TryWrite(ref writer, 0x01020304));
        Assert.True(new ReconfigurationResponseParameter(7, ReconfigurationResult.Denied).TryWrite(ref writer));
        Assert.True(new ReconfigurationResponseParameter(8, ReconfigurationResult.Performed, new Tsn(9), new Tsn(10)).TryWrite(ref writer));
        Assert.True(new AddStreamsParameter(11, 12).TryWrite(ref writer, ParameterType.AddIncomingStreamsRequest));
        Assert.Equal(
            [
                0, 15, 0, 8, 1, 2, 3, 4, 0, 16, 0, 12, 0, 0, 0, 7, 0, 0, 0, 2,
                0, 16, 0, 20, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 10, 0, 18, 0, 12, 0, 0, 0, 11, 0, 12, 0, 0,
            ],
            writer.Written.ToArray());
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) => ReConfigChunk.Write(ref packet, room.AsSpan(0, 20)));
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & ReConfigChunk.TryRead(view, out ReConfigChunk read));
        Assert.False(read.IsAllowed);                        // TSN reset and response together
    }

    [Fact, Rfc(4895, "5.1"), Rfc(4895, "3.1"), Rfc(4895, "3.2"), Rfc(4895, "3.3"), Rfc(4895, "4.1")]
    public void AUTH_its_parameters_and_its_cause_are_laid_out_as_in_RFC_4895()
    {
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) => AuthChunk.Write(ref packet, 0x0102, (HmacAlgorithm)0x0304, 6));
        Assert.Equal([15, 0, 0, 14, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0], chunk);
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & AuthChunk.TryRead(view, out AuthChunk auth));
        Assert.Equal((0x0102, (HmacAlgorithm)0x0304, 6), (auth.KeyId, auth.Algorithm, auth.Code.Length));

        var room = new byte[100];
        var writer = new ParameterWriter(room);
        Assert.True(ChunkListParameter.TryWrite(ref writer, [ChunkType.Data, ChunkType.Auth, ChunkType.ForwardTsn]));
        Assert.True(RequestedHmacAlgorithmsParameter.TryWrite(ref writer, [HmacAlgorithm.Sha256, HmacAlgorithm.Sha1]));
        Assert.True(RandomParameter.TryWrite(ref writer, new byte[32]));
        Assert.Equal([0x80, 3, 0, 7, 0, 15, 192, 0, 0x80, 4, 0, 8, 0, 3, 0, 1, 0x80, 2, 0, 36], room[..20]);
        var reader = new ParameterReader(writer.Written);
        Assert.True(reader.TryRead(out ParameterView parameter));
        ChunkListParameter list = ChunkListParameter.Read(parameter);
        Assert.True(list.Count == 3 && list.Contains(ChunkType.Data) && list.Contains(ChunkType.ForwardTsn) && !list.Contains(ChunkType.Auth));
        Assert.True(reader.TryRead(out parameter) & RequestedHmacAlgorithmsParameter.TryRead(parameter, out RequestedHmacAlgorithmsParameter algorithms));
        Assert.True(algorithms.Count == 2 && algorithms[0] == HmacAlgorithm.Sha256 && algorithms.Contains(HmacAlgorithm.Sha1));
        Assert.False(RandomParameter.TryRead(parameter, out _));
        Assert.True(reader.TryRead(out parameter) && RandomParameter.TryRead(parameter, out ReadOnlySpan<byte> number) && number.Length == 32);
    }

    [Fact, Rfc(5061, "4.1.1"), Rfc(5061, "4.1.2"), Rfc(5061, "4.2.1"), Rfc(5061, "4.2.3"), Rfc(5061, "4.2.5")]
    public void ASCONF_and_ASCONF_ACK_are_laid_out_as_in_RFC_5061()
    {
        NetworkAddress address = NetworkAddress.FromIPv4([192, 0, 2, 1], 0);
        var writer = new ParameterWriter(new byte[100]);
        Assert.True(AddressChangeParameter.TryWrite(ref writer, ParameterType.AddIPAddress, 0x01023474, address));
        byte[] add = writer.Written.ToArray();
        Assert.Equal([0xC0, 1, 0, 16, 1, 2, 0x34, 0x74, 0, 5, 0, 8, 0xC0, 0, 2, 1], add);
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) => AsconfChunk.Write(ref packet, AsconfChunk.Encode(7, address, add)));
        Assert.Equal([0xC1, 0, 0, 32, 0, 0, 0, 7, 0, 5, 0, 8, 0xC0, 0, 2, 1, .. add], chunk);
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & AsconfChunk.TryRead(view, out AsconfChunk asconf));
        Assert.Equal((7u, address, false), (asconf.Number, asconf.Address, asconf.IsWildcard));
        ParameterReader reader = asconf.Parameters;
        Assert.True(reader.TryRead(out ParameterView parameter) & AddressChangeParameter.TryRead(parameter, out AddressChangeParameter change));
        Assert.True(change is { Type: ParameterType.AddIPAddress, CorrelationId: 0x01023474, IsAddress: true, IsWildcard: false });
        Assert.Equal(address, change.Address);
        Assert.False(reader.TryRead(out parameter));

        writer = new ParameterWriter(new byte[100]);
        Assert.True(AddressResponseParameter.TryWriteError(ref writer, 1, CauseCode.ResourceShortage, add) & AddressResponseParameter.TryWriteSuccess(ref writer, 2));
        byte[] responses = writer.Written.ToArray();
        Assert.Equal([0xC0, 3, 0, 28, 0, 0, 0, 1, 0, 0xA1, 0, 20, .. add, 0xC0, 5, 0, 8, 0, 0, 0, 2], responses);
        chunk = ChunkContract.Example((ref PacketWriter packet) => AsconfAckChunk.Write(ref packet, 7, responses));
        Assert.Equal([0x80, 0, 0, 44, 0, 0, 0, 7, .. responses], chunk);
        Assert.True(new ChunkReader(chunk).TryRead(out view) & AsconfAckChunk.TryRead(view, out AsconfAckChunk answer));
        reader = answer.Parameters;
        Assert.True(reader.TryRead(out parameter) & AddressResponseParameter.TryRead(parameter, out AddressResponseParameter response));
        CauseReader causes = response.Causes;
        Assert.True(causes.TryRead(out CauseView cause) && cause.Code == CauseCode.ResourceShortage && response is { IsSuccess: false, CorrelationId: 1 });
        Assert.True(reader.TryRead(out parameter) && AddressResponseParameter.TryRead(parameter, out response) && response is { IsSuccess: true, CorrelationId: 2 });
    }

    [Theory]
    [InlineData(new byte[] { 0xC1, 0, 0, 8, 0, 0, 0, 7 })]                               // no address
    [InlineData(new byte[] { 0xC1, 0, 0, 12, 0, 0, 0, 7, 0, 5, 0, 4 })]                  // one without its bytes
    [InlineData(new byte[] { 0xC1, 0, 0, 20, 0, 0, 0, 7, 0, 5, 0, 8, 1, 2, 3, 4, 0xC0, 1, 0, 9 })]    // a parameter that is not whole
    public void An_ASCONF_that_is_not_whole_is_none(byte[] bytes)
    {
        Assert.True(new ChunkReader(bytes).TryRead(out ChunkView view));
        Assert.False(AsconfChunk.TryRead(view, out _));
    }

    [Fact]
    public void DATA_is_laid_out_as_in_3_3_1()
    {
        var header = new DataHeader(new Tsn(0x01020304), 0x0506, new Ssn(0x0708), 0x090A0B0C, DataFlags.Unordered | DataFlags.Beginning | DataFlags.SackImmediately);
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) => DataChunk.Write(ref packet, header, [0xAA, 0xBB, 0xCC]));
        Assert.Equal([0, 0x0E, 0, 19, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0xAA, 0xBB, 0xCC, 0], chunk);
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & DataChunk.TryRead(view, out DataChunk data));
        Assert.Equal(header, data.Header);
        Assert.True(data.Unordered && data.Beginning && !data.Ending && data.SackImmediately);
        Assert.Equal([0xAA, 0xBB, 0xCC], data.Payload.ToArray());
        Assert.Equal(chunk.Length, DataChunk.LengthOnWire(3));
    }

    [Fact, Rfc(8260, "2.1"), Rfc(8260, "5.1")]
    public void I_DATA_is_laid_out_as_in_RFC_8260_2_1()
    {
        var first = new InterleavedDataHeader(new Tsn(0x01020304), 0x0506, new Mid(0x0708090A), 0x0B0C0D0E, 0, DataFlags.Unordered | DataFlags.Beginning | DataFlags.SackImmediately);
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) => InterleavedDataChunk.Write(ref packet, first, [0xAA, 0xBB, 0xCC]));
        Assert.Equal([64, 0x0E, 0, 23, 1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 13, 14, 0xAA, 0xBB, 0xCC, 0], chunk);
        chunk[1] |= 0xF0;                                    // reserved: ignored by the receiver
        chunk[11] = 0xFF;
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & InterleavedDataChunk.TryRead(view, out InterleavedDataChunk data));
        Assert.Equal(first, data.Header);
        Assert.True(data.Unordered && data.Beginning && !data.Ending && data.SackImmediately);
        Assert.Equal(chunk.Length, InterleavedDataChunk.LengthOnWire(3));

        // Where the PPID was, all other fragments have their number.
        var second = new InterleavedDataHeader(new Tsn(1), 2, new Mid(3), 0, 0x0B0C0D0E, DataFlags.Ending);
        chunk = ChunkContract.Example((ref PacketWriter packet) => InterleavedDataChunk.Write(ref packet, second, [1]));
        Assert.Equal([11, 12, 13, 14], chunk[16..20]);
        Assert.True(new ChunkReader(chunk).TryRead(out view) & InterleavedDataChunk.TryRead(view, out data));
        Assert.Equal(second, data.Header);
    }

    [Fact, Rfc(8260, "2.3.1"), Rfc(8260, "5.2")]
    public void I_FORWARD_TSN_is_laid_out_as_in_RFC_8260_2_3_1()
    {
        SkippedMessage[] skipped = [new(0x0102, 0x03040506), new(7, 8, true)];
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) => InterleavedForwardTsnChunk.Write(ref packet, new Tsn(9), skipped));
        Assert.Equal([194, 0, 0, 24, 0, 0, 0, 9, 1, 2, 0, 0, 3, 4, 5, 6, 0, 7, 0, 1, 0, 0, 0, 8], chunk);
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & InterleavedForwardTsnChunk.TryRead(view, out InterleavedForwardTsnChunk forward));
        Assert.Equal((new Tsn(9), 2, skipped[0], skipped[1]), (forward.NewCumulativeTsn, forward.Count, forward[0], forward[1]));
    }

    [Fact]
    public void INIT_is_laid_out_as_in_3_3_2()
    {
        var fields = new InitFields(new VerificationTag(0x01020304), 0x05060708, 0x090A, 0x0B0C, new Tsn(0x0D0E0F10));
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) => InitChunk.Write(ref packet, ChunkType.Init, fields, [0x80, 0, 0, 4]));
        Assert.Equal([1, 0, 0, 24, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0x80, 0, 0, 4], chunk);
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & InitChunk.TryRead(view, out InitChunk init));
        Assert.Equal(fields, init.Fields);
        ParameterReader parameters = init.Parameters;
        Assert.True(parameters.TryRead(out ParameterView parameter) && !parameters.TryRead(out _) && !parameters.IsMalformed);
        Assert.Equal((0x8000, UnrecognizedAction.Skip), ((int)parameter.Type, parameter.WhenUnrecognized));
    }

    [Fact]
    public void FORWARD_TSN_is_laid_out_as_in_3_2_of_RFC_3758()
    {
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) =>
            ForwardTsnChunk.Write(ref packet, new Tsn(0x01020304), [new SkippedMessage(0x0506, 0x0708), new SkippedMessage(9, 10)]));
        Assert.Equal([192, 0, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 0, 10], chunk);
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & ForwardTsnChunk.TryRead(view, out ForwardTsnChunk forward));
        Assert.Equal((new Tsn(0x01020304), 2), (forward.NewCumulative, forward.SkippedCount));
        Assert.Equal([new SkippedMessage(0x0506, 0x0708), new SkippedMessage(9, 10)], [forward.Skipped(0), forward.Skipped(1)]);
        Assert.Equal(chunk.Length, ForwardTsnChunk.LengthOnWire(2));
    }

    [Fact]
    public void SACK_is_laid_out_as_in_3_3_4()
    {
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) =>
            SackChunk.Write(ref packet, new Tsn(12), 4660, [new GapAckBlock(2, 3), new GapAckBlock(5, 5)], [new Tsn(7)]));
        Assert.Equal([3, 0, 0, 28, 0, 0, 0, 12, 0, 0, 0x12, 0x34, 0, 2, 0, 1, 0, 2, 0, 3, 0, 5, 0, 5, 0, 0, 0, 7], chunk);
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & SackChunk.TryRead(view, out SackChunk sack));
        Assert.Equal((new Tsn(12), 4660u, 2, 1), (sack.CumulativeAck, sack.AdvertisedWindow, sack.GapCount, sack.DuplicateCount));
        Assert.Equal((new GapAckBlock(5, 5), new Tsn(7)), (sack.Gap(1), sack.Duplicate(0)));
        chunk[13] = 3;                                       // one gap more than there is room for
        Assert.False(SackChunk.TryRead(view, out _));
    }

    [Fact]
    public void NR_SACK_has_two_lists_of_gaps()
    {
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) =>
            NrSackChunk.Write(ref packet, new Tsn(12), 4660, [new GapAckBlock(8, 9)], [new GapAckBlock(2, 3), new GapAckBlock(5, 5)], [new Tsn(7)]));
        Assert.Equal(
            [16, 0, 0, 36, 0, 0, 0, 12, 0, 0, 0x12, 0x34, 0, 1, 0, 2, 0, 1, 0, 0, 0, 8, 0, 9, 0, 2, 0, 3, 0, 5, 0, 5, 0, 0, 0, 7], chunk);
        Assert.Equal(chunk.Length, NrSackChunk.LengthOnWire(3, 1));
        chunk[1] = chunk[19] = 0xFF;                         // reserved: ignored by the receiver
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & NrSackChunk.TryRead(view, out NrSackChunk sack));
        Assert.Equal((new Tsn(12), 4660u), (sack.CumulativeAck, sack.AdvertisedWindow));
        Assert.Equal((1, 2, 1), (sack.RenegableCount, sack.NonRenegableCount, sack.DuplicateCount));
        Assert.Equal((new GapAckBlock(8, 9), new GapAckBlock(5, 5), new Tsn(7)), (sack.Renegable(0), sack.NonRenegable(1), sack.Duplicate(0)));
        foreach (int count in new[] { 13, 15, 17 })
        {
            chunk[count]++;                                  // one more than there is room for
            Assert.False(NrSackChunk.TryRead(view, out _));
            chunk[count]--;
        }
    }

    [Fact]
    public void HEARTBEAT_wraps_its_information_and_HEARTBEAT_ACK_sends_everything_back()
    {
        byte[] chunk = ChunkContract.Example((ref PacketWriter packet) => HeartbeatChunk.Write(ref packet, [7, 8, 9]));
        Assert.Equal([4, 0, 0, 11, 0, 1, 0, 7, 7, 8, 9, 0], chunk);
        Assert.True(new ChunkReader(chunk).TryRead(out ChunkView view) & HeartbeatChunk.TryRead(view, out HeartbeatChunk heartbeat));
        byte[] parameters = heartbeat.Parameters.ToArray();
        byte[] answer = ChunkContract.Example((ref PacketWriter packet) => HeartbeatAckChunk.Write(ref packet, parameters));
        Assert.Equal([5, .. chunk[1..]], answer);
    }

    [Fact]
    public void Parameters_round_trip_and_only_the_last_is_not_padded()
    {
        Span<byte> bytes = stackalloc byte[64];
        var writer = new ParameterWriter(bytes);
        Assert.True(writer.TryWrite(ParameterType.StateCookie, [1, 2, 3]));
        Assert.True(CookiePreservativeParameter.TryWrite(ref writer, TimeSpan.FromSeconds(2)));
        Assert.True(SupportedAddressTypesParameter.TryWrite(ref writer, [ParameterType.IPv4Address, ParameterType.IPv6Address, ParameterType.HostNameAddress]));
        Assert.True(AddressParameter.TryWrite(ref writer, Braid.Core.NetworkAddress.FromIPv4([10, 0, 0, 1], 0)));
        Assert.True(writer.TryWrite(ParameterType.UnrecognizedParameter, [9]));
        Assert.Equal(8 + 8 + 12 + 8 + 5, writer.Length);

        var reader = new ParameterReader(writer.Written);
        Assert.True(reader.TryRead(out ParameterView cookie) && cookie.Value.SequenceEqual(new byte[] { 1, 2, 3 }));
        Assert.True(reader.TryRead(out ParameterView preservative) & CookiePreservativeParameter.TryRead(preservative, out TimeSpan increment));
        Assert.Equal(TimeSpan.FromSeconds(2), increment);
        Assert.True(reader.TryRead(out ParameterView types) & SupportedAddressTypesParameter.TryRead(types, out SupportedAddressTypesParameter supported));
        Assert.True(supported.Count == 3 && supported.Contains(ParameterType.IPv6Address) && !supported.Contains(ParameterType.StateCookie));
        Assert.True(reader.TryRead(out ParameterView address) & AddressParameter.TryRead(address, out Braid.Core.NetworkAddress parsed));
        Assert.Equal("10.0.0.1", parsed.ToString());
        Assert.False(CookiePreservativeParameter.TryRead(cookie, out _) || AddressParameter.TryRead(cookie, out _) || SupportedAddressTypesParameter.TryRead(cookie, out _));
        Assert.True(reader.TryRead(out ParameterView last) && last.Value.SequenceEqual(new byte[] { 9 }));
        Assert.False(reader.TryRead(out _) || reader.IsMalformed);
    }

    [Fact]
    public void Causes_round_trip_and_refuse_other_lengths()
    {
        Span<byte> bytes = stackalloc byte[128];
        var writer = new CauseWriter(bytes);
        Assert.True(InvalidStreamIdentifierCause.TryWrite(ref writer, 77));
        Assert.True(MissingMandatoryParameterCause.TryWrite(ref writer, [ParameterType.StateCookie, ParameterType.IPv4Address]));
        Assert.True(StaleCookieCause.TryWrite(ref writer, 12345));
        Assert.True(NoUserDataCause.TryWrite(ref writer, new Tsn(5)));
        Assert.True(writer.TryWrite(CauseCode.OutOfResource, []));
        Assert.True(writer.TryWrite(CauseCode.UserInitiatedAbort, "bye"u8));
        Assert.True(UnsupportedHmacIdentifierCause.TryWrite(ref writer, (HmacAlgorithm)0x0102));

        var reader = new CauseReader(writer.Written);
        Assert.True(reader.TryRead(out CauseView cause) && InvalidStreamIdentifierCause.TryRead(cause, out StreamId stream) && stream == 77);
        Assert.True(reader.TryRead(out CauseView missing) & MissingMandatoryParameterCause.TryRead(missing, out MissingMandatoryParameterCause types));
        Assert.True(types.Count == 2 && types[0] == ParameterType.StateCookie && types[1] == ParameterType.IPv4Address);
        Assert.True(reader.TryRead(out CauseView stale) && StaleCookieCause.TryRead(stale, out uint staleness) && staleness == 12345);
        Assert.True(reader.TryRead(out CauseView empty) && NoUserDataCause.TryRead(empty, out Tsn tsn) && tsn == new Tsn(5));
        Assert.True(reader.TryRead(out CauseView resource) && resource.Code == CauseCode.OutOfResource && resource.Value.IsEmpty);
        Assert.True(reader.TryRead(out CauseView abort) && abort.Value.SequenceEqual("bye"u8));
        Assert.True(reader.TryRead(out CauseView hmac) && UnsupportedHmacIdentifierCause.TryRead(hmac, out HmacAlgorithm algorithm) && algorithm == (HmacAlgorithm)0x0102);
        Assert.Equal((ushort)0x0105, (ushort)hmac.Code);
        Assert.False(reader.TryRead(out _) || reader.IsMalformed);
        Assert.False(InvalidStreamIdentifierCause.TryRead(abort, out _) || StaleCookieCause.TryRead(abort, out _)
            || NoUserDataCause.TryRead(abort, out _) || UnsupportedHmacIdentifierCause.TryRead(abort, out _) || MissingMandatoryParameterCause.TryRead(abort, out _));
    }
}
