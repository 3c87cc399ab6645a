using System;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Braid.Usrsctp.Tests;

namespace Braid.WebRtc.Interop;

/// <summary>
/// Data channels of a program that was written for libusrsctp, GStreamer's webrtcbin, with Braid's library in its place; and with Debian's: what fails with that as
/// well is not Braid's. Not in the table, which is of Braid's own connections: here ICE, DTLS and DCEP are another's.
/// </summary>
public sealed class GStreamerTests(PeersFixture peers)
{
    // A guard only: the scenarios end by themselves.
    private static readonly TimeSpan s_guard = TimeSpan.FromMinutes(1);

    // webrtcbin 1.22 cannot send an empty message (libusrsctp refuses it, and its error does not reach the program), and makes no negotiated channel once it is
    // connected. What it has of a channel when that closes it may throw away; and it lets its peer have the number again before it is done with it, so that the
    // next channel of it may lose its first message: the number is given again once here, not in ten rounds.
    private static readonly Scenario[] s_scenarios =
    [
        Table.Scenarios.Single(scenario => scenario.Name == "echo"),
        new("channels", "channels") { Options = (_, _) => new JsonObject { ["count"] = 200 } },
        new("close", "close") { Options = (_, _) => new JsonObject { ["rounds"] = 1, ["complete"] = false, ["negotiated"] = false } },
        new("negotiated", "negotiated") { Options = (_, _) => new JsonObject { ["after"] = new JsonArray() } },
        Table.Scenarios.Single(scenario => scenario.Name == "bulk"),
    ];

    private static readonly string[] s_libraries = [Library.Debian, Library.Braid];
    private static readonly string[] s_others = [Table.Ours, "chromium", "aiortc"];
    private static readonly bool[] s_directions = [false, true];

    /// <summary>The library, the other peer, whether that one calls, and the scenario.</summary>
    public static TheoryData<string, string, bool, string> Cells =>
    [
        .. from library in s_libraries
           from other in s_others
           from otherCalls in s_directions
           from scenario in s_scenarios
           select (library, other, otherCalls, scenario.Name),
    ];

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task GStreamer_has_data_channels(string library, string other, bool otherCalls, string scenario)
    {
        Library.Need(library);
        using var guard = new CancellationTokenSource(s_guard);
        PeerKind kind = PeerKinds.GStreamer($"gstreamer on {library}", library == Library.Braid ? Library.BraidFolder : null);
        Peer gstreamer = await peers.GetAsync(kind, guard.Token);
        Peer peer = await peers.GetAsync(PeerKinds.Named(other), guard.Token);

        // "1.22.0 PATH", as its process has it in its memory.
        string loaded = gstreamer.Version.Split(' ')[^1];
        Assert.Equal(library == Library.Braid, loaded.StartsWith(Library.BraidFolder, StringComparison.Ordinal));
        Assert.Contains("libusrsctp.so.2", loaded, StringComparison.Ordinal);

        (Peer caller, Peer callee) = otherCalls ? (peer, gstreamer) : (gstreamer, peer);
        Scenario run = s_scenarios.Single(each => each.Name == scenario);
        Outcome outcome = await caller.CallAsync(callee.Url, run.Run, run.Options(caller.Kind, callee.Kind), guard.Token);
        TestContext.Current.TestOutputHelper?.WriteLine(outcome.Figures?.ToJsonString() ?? "");
        Assert.True(outcome.Passed, $"{outcome.Details}\n--- {caller.Kind}\n{Last(caller.Log)}\n--- {callee.Kind}\n{Last(callee.Log)}");
    }

    private static string Last(string log) => string.Join('\n', log.Split('\n').TakeLast(20));
}
