using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Braid.WebRtc.Interop;

/// <summary>A program that is a peer. What it has to do: docs/interop-scenarios.md.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Command">How to start it, from the folder of the peers, on a port of 127.0.0.1 that it tells.</param>
/// <param name="Needs">A file that is there when it is installed.</param>
/// <param name="Install">How to have it.</param>
internal sealed record PeerKind(string Name, IReadOnlyList<string> Command, string Needs, string Install)
{
    /// <summary>Bytes of a bulk transfer on CI: what it moves in a second or two.</summary>
    public int BulkBytes { get; init; } = 20_000_000;

    /// <summary>Bytes of the messages that it can echo.</summary>
    public IReadOnlyList<int> Sizes { get; init; } = [0, 1, 16 << 10, 64 << 10, 256 << 10];

    /// <summary>Whether it has everything that was sent before a channel was closed.</summary>
    public bool IsCompleteOnClose { get; init; } = true;

    /// <summary>What of it is known not to work with anybody: the scenario, whether as caller and as callee, and why.</summary>
    public IReadOnlyList<Limit> Limits { get; init; } = [];

    /// <summary>Variables of its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>A sentence below the table; null for none.</summary>
    public string? Note { get; init; }

    public override string ToString() => Name;

    /// <summary>A program of .NET that lies beside this one.</summary>
    public static PeerKind Dotnet(string name, string assembly, params string[] arguments)
    {
        string path = Path.Combine(AppContext.BaseDirectory, assembly);
        return new PeerKind(name, ["dotnet", path, .. arguments], path, "dotnet build");
    }

    /// <summary>A program of Node.</summary>
    public static PeerKind Node(string name, string needs, string install) => new(name, ["node", "peer.js", name], needs, install);

    /// <summary>A library of npm.</summary>
    public static PeerKind Npm(string name, string package) =>
        Node(name, Path.Combine("node_modules", package), "npm ci in tests/Braid.WebRtc.Interop/Peers");
}

/// <summary>Something that a peer does not have.</summary>
/// <param name="Scenario">In which row of the table.</param>
/// <param name="Why">A note for the table.</param>
/// <param name="AsCaller">Whether it cannot offer it.</param>
/// <param name="AsCallee">Whether it cannot answer it.</param>
internal sealed record Limit(string Scenario, string Why, bool AsCaller = true, bool AsCallee = true);

/// <summary>All peers.</summary>
internal static class PeerKinds
{
    /// <summary>
    /// In the order of the table, which has Braid in both roles with each of the others. A new peer is one line here.
    /// </summary>
    public static readonly IReadOnlyList<PeerKind> All =
    [
        PeerKind.Dotnet("braid", "braid.dll", "peer", "--http", "127.0.0.1:0", "--stdin"),
        PeerKind.Node("chromium", "/usr/bin/chromium", "apt-get install chromium"),
        PeerKind.Node("firefox", "/usr/bin/firefox-esr", "apt-get install firefox-esr"),
        new("aiortc", ["/usr/bin/python3", "aiortc_peer.py"], "/usr/lib/python3/dist-packages/aiortc", "apt-get install python3-aiortc")
        {
            BulkBytes = 2_000_000,
            Note = "aiortc resets a stream before it has sent what waits on it, and takes the answer \"in progress\" (RFC 6525 §5.2.7 H2) for the end: the rest then goes out as if "
                + "it were of the next channel with that number, which is reset for it (RFC 8832 §6). Its program waits until nothing is buffered before it closes a channel.",
            Limits = [new("restart", "aiortc has no ICE restart")],
        },
        PeerKind.Npm("werift", "werift") with
        {
            BulkBytes = 4_000_000,
            Sizes = [1, 16 << 10, 64 << 10],
            IsCompleteOnClose = false,
            Limits =
            [
                new("close", "werift resets a stream before what waits on it is sent, and then neither is done", AsCallee: false),
                new("retransmits", "werift takes maxRetransmits 0 for none, and sends reliably", AsCallee: false),
                new("turn-udp", "werift offers its host candidates even where its policy is relay", AsCallee: false),
                new("turn-tcp", "werift offers its host candidates even where its policy is relay", AsCallee: false),
            ],
            Note = "werift sends no empty message, and takes none above 64 KiB: with it, echo is of 1 B, 16 KiB and 64 KiB. A reset does not wait in it "
                + "for the last TSN that it names: that all arrives before the close is not asked of it. It repeats a flight of DTLS in the records that it was in, "
                + "where RFC 6347 §4.2.2 has new ones: who looks for replays drops them, so that no flight of its may be lost or come in another order.",
        },
        PeerKind.Npm("wrtc", "@roamhq/wrtc"),
        PeerKind.Npm("libdatachannel", "node-datachannel") with
        {
            IsCompleteOnClose = false,
            Note = "libdatachannel, as Node sees it, does not always tell of the last messages before a close: they are not asked for. It hands an answer to ICE before "
                + "it keeps the fingerprint; who has checked it before may be done with DTLS in between, which then fails. As caller it offers no candidates, so that nobody checks it before.",
            Limits =
            [
                new("restart", "libdatachannel has no ICE restart"),
                new("turn-tcp", "libdatachannel reaches TURN by UDP only", AsCallee: false),
            ],
        },
    ];

    /// <summary>Chromium as it is without options: its host addresses are names that only multicast DNS knows.</summary>
    public static readonly PeerKind ChromiumMdns = PeerKind.Node("chromium-mdns", "/usr/bin/chromium", "apt-get install chromium");

    /// <summary>GStreamer's webrtcbin, whose SCTP is the library libusrsctp.so.2 that it finds.</summary>
    /// <param name="name">What the test calls it.</param>
    /// <param name="library">The folder with that library; null for the system's.</param>
    public static PeerKind GStreamer(string name, string? library)
    {
        var environment = new Dictionary<string, string> { ["GST_PLUGIN_PATH"] = Path.Combine(Repository.Peers, "gstreamer") };
        if (library is not null)
        {
            environment["LD_LIBRARY_PATH"] = library;
        }

        return new(
            name,
            ["/usr/bin/python3", "gstreamer_peer.py"],
            Path.Combine("gstreamer", "libgstsctp.so"),
            "apt-get install gcc libusrsctp-dev gstreamer1.0-plugins-bad gstreamer1.0-nice gir1.2-gst-plugins-bad-1.0 python3-gi; then Peers/gstreamer-sctp.sh")
        {
            Environment = environment,
            BulkBytes = 2_000_000,
            Sizes = [1, 16 << 10, 64 << 10, 256 << 10],
            IsCompleteOnClose = false,
        };
    }

    public static PeerKind Named(string name) => All.Append(ChromiumMdns).First(kind => kind.Name == name);
}

/// <summary>Where this repository lies.</summary>
internal static class Repository
{
    private static readonly Lazy<string> s_root = new(FindRoot);

    public static string Root => s_root.Value;

    public static string Peers => Path.Combine(Root, "tests", "Braid.WebRtc.Interop", "Peers");

    public static string Document => Path.Combine(Root, "docs", "interop.md");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Braid.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("the tests run outside of the repository");
    }
}
