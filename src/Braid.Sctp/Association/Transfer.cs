using System;

namespace Braid.Sctp;

/// <summary>
/// What exists only once both tags are known (the TCB of RFC 9260 §14.2): the sending half and the receiving half.
/// </summary>
internal sealed class Transfer(AssociationContext context, Negotiated negotiated, Sender sender, Receiver receiver)
{
    private ReconfigurationRequests? _requests;
    private ReconfigurationAnswers? _answers;

    /// <summary>What the handshake agreed on.</summary>
    public Negotiated Negotiated { get; } = negotiated;

    /// <summary>Whether packets go without a checksum: all but those with INIT or COOKIE ECHO (RFC 9653 §5.2).</summary>
    public bool OmitsChecksum => (Negotiated.Extensions & Extensions.ZeroChecksum) != 0;

    /// <summary>Whether routers may mark our packets (RFC 3168).</summary>
    public bool UsesEcn => (Negotiated.Extensions & Extensions.Ecn) != 0;

    /// <summary>Whether an NR-SACK takes the place of each SACK.</summary>
    public bool UsesNrSack => (Negotiated.Extensions & Extensions.NonRenegableSack) != 0;

    public Sender Sender { get; } = sender;

    public Receiver Receiver { get; } = receiver;

    /// <summary>Streams that we may send on.</summary>
    public int OutgoingStreams { get; set; } = negotiated.OutgoingStreams;

    /// <summary>Whether either side has ever asked for a change: most associations live without.</summary>
    public bool HasBeenReconfigured => _requests is not null || _answers is not null;

    /// <summary>Changes of it that we have asked for (RFC 6525 §5.1).</summary>
    public ReconfigurationRequests Requests => _requests ??= new ReconfigurationRequests(context, Negotiated.LocalInitialTsn);

    /// <summary>Changes that the peer has asked for (RFC 6525 §5.2).</summary>
    public ReconfigurationAnswers Answers => _answers ??= new ReconfigurationAnswers(context, Negotiated.PeerInitialTsn);

    /// <inheritdoc cref="ReconfigurationAnswers.NewsWith"/>
    public ReadOnlySpan<byte> NewsWithData => _answers is null ? default : _answers.NewsWith(Sender.CumulativeAck);

    /// <summary>The path that the last DATA chunk came on, or one of those that they come on: where its SACK goes (§6.4).</summary>
    public Path? LastDataPath { get; private set; }

    /// <summary>Whether data comes over several paths, as we want it ourselves: a gap is nothing unusual then.</summary>
    public bool ExpectsGaps => context.Options.ConcurrentMultipath && context.Multipath is { } multipath && multipath.AckPath.IsMixed(context.Now);

    /// <summary>A DATA or FORWARD TSN chunk has come.</summary>
    /// <param name="path">Where from.</param>
    /// <param name="paths">All.</param>
    public void OnData(Path path, PathSet paths) =>
        LastDataPath = paths.Count == 1 || context.Concurrent is not { } multipath ? path
            : multipath.AckPath.Choose(context.Now, path, LastDataPath, paths);

    /// <summary>A path is there no longer.</summary>
    /// <param name="path">That path.</param>
    /// <param name="index">What its index was.</param>
    /// <param name="instead">The primary path.</param>
    public void OnPathRemoved(Path path, int index, Path instead)
    {
        LastDataPath = LastDataPath == path ? null : LastDataPath;
        _requests?.OnPathRemoved(path, instead);
        context.Multipath?.RemovePath(path, index);
        Sender.OnPathRemoved(path, index, instead.Index);
    }
}
