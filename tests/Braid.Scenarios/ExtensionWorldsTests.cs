using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Two peers with every pair of extensions on and off, and the checker that looks at what they do.</summary>
public sealed class ExtensionWorldsTests
{
    private const int Seeds = 64;

    [Fact]
    public void Eight_worlds_in_a_row_have_every_pair_of_switches_on_and_off()
    {
        for (ulong first = 0; first < 100 * CoveringArray.Rows; first += CoveringArray.Rows)
        {
            IReadOnlyList<bool>[] rows = [.. Enumerable.Range(0, CoveringArray.Rows).Select(row => ExtensionWorlds.Read(ExtensionWorlds.Draw(first + (ulong)row)))];
            for (int i = 0; i < ExtensionWorlds.Columns.Count; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    int pairs = rows.Select(row => (row[i], row[j])).Distinct().Count();
                    Assert.True(pairs == 4, $"{ExtensionWorlds.Columns[j]} and {ExtensionWorlds.Columns[i]} in the worlds from {first} on: {pairs} of 4");
                }
            }
        }
    }

    [Fact]
    public void The_largest_array_covers_all_pairs_as_well()
    {
        bool[][] rows = [.. Enumerable.Range(0, CoveringArray.Rows).Select(row => CoveringArray.Row((ulong)row, CoveringArray.MostColumns))];
        Assert.All(
            from i in Enumerable.Range(0, CoveringArray.MostColumns)
            from j in Enumerable.Range(0, i)
            select rows.Select(row => (row[i], row[j])).Distinct().Count(),
            pairs => Assert.Equal(4, pairs));
    }

    /// <summary>Two thousand of them: braid simulate --scenario extensions --seeds 0..1999.</summary>
    [Fact, Rfc(5061, "4.2.7")]
    public void Two_peers_with_every_combination_of_the_extensions_pass_the_checkers()
    {
        var failures = new List<string>();
        long reconfigured = 0;
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            try
            {
                reconfigured += SwarmRun.Run(ExtensionWorlds.Draw(seed)).Reconfigured;
            }
            catch (ScenarioException exception)
            {
                failures.Add($"{exception.Message}\nAgain: braid simulate --scenario extensions --seed {seed}");
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        Assert.InRange(reconfigured, Seeds / 4, long.MaxValue);
    }

    [Fact]
    public void What_was_not_agreed_on_is_seen_on_the_wire()
    {
        var all = (Extensions)ushort.MaxValue;
        Extensions without = all & ~Extensions.Interleaving;
        Assert.Equal(
            ["DATA", "FORWARD TSN"],
            Flagged(all));
        Assert.Equal(["I-DATA", "I-FORWARD-TSN"], Flagged(without));
        Assert.Equal(["I-DATA", "I-FORWARD-TSN", "RE-CONFIG"], Flagged(without & ~Extensions.StreamReconfiguration));
        Assert.Equal(["I-DATA", "FORWARD TSN", "I-FORWARD-TSN"], Flagged(without & ~Extensions.PartialReliability));
        Assert.Equal(["I-DATA", "I-FORWARD-TSN", "ECNE", "CWR"], Flagged(without & ~Extensions.Ecn));
        Assert.Equal(["I-DATA", "I-FORWARD-TSN", "PAD"], Flagged(without, AssociationOptions.Default with { MaximumPathMtu = 0 }));
        Assert.NotNull(ExtensionChecker.CheckAgreed(Extensions.Ecn, Extensions.Ecn, Extensions.None));
        Assert.NotNull(ExtensionChecker.CheckAgreed(Extensions.None, Extensions.Ecn, Extensions.Ecn | Extensions.ZeroChecksum));
    }

    [Fact]
    public void A_checksum_that_is_left_out_without_agreement_is_seen()
    {
        byte[] packet = Packets.ToZ(new VerificationTag(1), (ref PacketWriter writer) => writer.TryBeginChunk(ChunkType.CookieAck, 0, 0, out _));
        packet.AsSpan(8, 4).Clear();
        Assert.True(PacketView.TryRead(packet, out PacketView view));
        Assert.Null(ExtensionChecker.Check(view, Extensions.ZeroChecksum, AssociationOptions.Default));
        Assert.NotNull(ExtensionChecker.Check(view, Extensions.Ecn, AssociationOptions.Default));
    }

    [Fact]
    public void A_message_that_arrives_although_none_of_it_was_on_the_wire_is_seen()
    {
        var checker = new DeliveryChecker(7);
        byte[] first = checker.Make(10, default, mayMiss: true);
        byte[] second = checker.Make(10, default, mayMiss: true);
        Assert.Null(checker.Check(first, default, default, unordered: false));
        Assert.NotNull(checker.CheckNeverSent(first));
        Assert.Null(checker.CheckNeverSent(second));
        Assert.NotNull(checker.Check(second, default, default, unordered: false));
    }

    private static IEnumerable<string> Flagged(Extensions agreed, AssociationOptions? options = null)
    {
        ChunkType[] types =
        [
            ChunkType.Data, ChunkType.IData, ChunkType.ForwardTsn, ChunkType.IForwardTsn, ChunkType.ReConfig,
            ChunkType.Ecne, ChunkType.Cwr, ChunkType.Pad, ChunkType.Sack,
        ];
        foreach (ChunkType type in types)
        {
            byte[] packet = Packets.ToZ(new VerificationTag(1), (ref PacketWriter writer) => writer.TryBeginChunk(type, 0, 0, out _));
            Assert.True(PacketView.TryRead(packet, out PacketView view));
            if (ExtensionChecker.Check(view, agreed, options ?? AssociationOptions.Default) is not null)
            {
                yield return PacketText.Name(type);
            }
        }
    }
}
