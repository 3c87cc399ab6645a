using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading.Channels;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice;
using Braid.Sockets;
using Braid.WebRtc.Network;

namespace Braid.WebRtc.Tests.Network;

/// <summary>An ICE agent alone on a host, that tells another one by a call what signaling would.</summary>
internal sealed class AgentPeer : INetworkPeer, IAsyncDisposable
{
    private readonly ConcurrentQueue<byte[]> _toSend = new();
    private readonly Channel<byte[]> _received = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource<IceSelectedPair> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gathered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<IceReason> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AgentPeer? _other;

    public AgentPeer(NetworkOptions options, IceRole role, IceOptions? ice = null)
    {
        Agent = new IceAgent(ice ?? new IceOptions { Pacing = TimeSpan.FromMilliseconds(5) }, role, OperatingSystemRandom.Instance);
        Host = new PeerHost(this, options);
    }

    public static IReadOnlyList<InterfaceAddress> Loopback { get; } =
    [
        new(new IPEndPoint(IPAddress.Loopback, 0).ToNetworkAddress(), 1, PrefixLength: 8),
    ];

    public static NetworkOptions OnLoopback { get; } = new() { ReadInterfaces = static () => Loopback };

    public IceAgent Agent { get; }

    public PeerHost Host { get; }

    /// <summary>Which candidates the other one is told.</summary>
    public Predicate<IceCandidate> Tells { get; init; } = static _ => true;

    public List<IceCandidate> Candidates { get; } = [];

    public ConcurrentQueue<string> Log { get; } = new();

    public Exception? Fault { get; private set; }

    public Task<IceSelectedPair> Connected => _connected.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public Task Gathered => _gathered.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public Task<IceReason> Failed => _failed.Task;

    public Action<AgentPeer, byte[]>? OnData { get; set; }

    public string LogText => string.Join('\n', Log);

    public static void Join(AgentPeer one, AgentPeer other)
    {
        one._other = other;
        other._other = one;
        foreach (AgentPeer peer in (AgentPeer[])[one, other])
        {
            peer.Host.Post(now =>
            {
                peer.Host.AddUsernameFragment(peer.Agent.LocalCredentials.UsernameFragment);
                peer.Agent.SetRemoteCredentials(now, peer._other!.Agent.LocalCredentials);
            });
            peer.Host.Post(_ => peer.Host.Gathering.Begin());
        }
    }

    public void Send(byte[] data)
    {
        _toSend.Enqueue(data);
        Host.Wake();
    }

    public ValueTask<byte[]> ReceiveAsync() => new(_received.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));

    public Instant NextDeadline => Agent.NextTimeout;

    public void OnRun(Instant now)
    {
    }

    public void Receive(Instant now, IceTransport transport, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn)
    {
        if (Agent.TryUnwrap(now, transport, path, datagram, out ReadOnlySpan<byte> data, out _))
        {
            byte[] copy = data.ToArray();
            _received.Writer.TryWrite(copy);
            OnData?.Invoke(this, copy);
        }
    }

    public void OnTimer(Instant now) => Agent.HandleTimeout(now);

    public bool TryGetBatch(Instant now, Span<byte> destination, out NetworkBatch batch)
    {
        batch = default;
        if (!Agent.TryGetDatagram(now, destination, out OutgoingDatagram datagram, out IceTransport transport)
            && !(_toSend.TryPeek(out byte[]? data) && Agent.TryWrap(now, data, destination, out datagram, out transport) && _toSend.TryDequeue(out _)))
        {
            return false;
        }

        batch = new NetworkBatch(datagram.Length, datagram.Length, datagram.Path, transport);
        return true;
    }

    public bool Drain(Instant now)
    {
        bool isAny = false;
        while (Agent.TryGetLogRecord(out IceLogRecord? record))
        {
            Log.Enqueue(record.ToString());
        }

        while (Agent.TryGetEvent(out IceEvent? raised))
        {
            isAny = true;
            switch (raised)
            {
                case IceEvent.CandidateFound found:
                    lock (Candidates)
                    {
                        Candidates.Add(found.Candidate);
                    }

                    if (Tells(found.Candidate))
                    {
                        _other?.Host.Post(at => _other.Agent.AddRemoteCandidate(at, found.Candidate));
                    }

                    break;
                case IceEvent.GatheringCompleted:
                    _other?.Host.Post(at => _other.Agent.EndRemoteCandidates(at));
                    _gathered.TrySetResult();
                    break;
                case IceEvent.ResolutionWanted wanted:
                    Host.Gathering.Resolve(wanted.HostName);
                    break;
                case IceEvent.ConnectionWanted wanted:
                    Host.Streams.Connect(wanted.Local, wanted.Remote);
                    break;
                case IceEvent.RelayWanted wanted:
                    Host.Gathering.Connect(wanted.Server);
                    break;
                case IceEvent.RelayReleased released:
                    Host.Streams.Finish(released.Relay.ServerPath);
                    break;
                case IceEvent.SelectedPairChanged changed:
                    Host.OnSelected(changed.Pair);
                    if (changed.Pair is not null)
                    {
                        _connected.TrySetResult(changed.Pair);
                    }

                    break;
                case IceEvent.StateChanged { State: IceState.Failed } changed:
                    _failed.TrySetResult(changed.Reason);
                    _connected.TrySetException(new InvalidOperationException($"{changed.Reason}\n{LogText}"));
                    break;
            }
        }

        return isAny;
    }

    public void AddHostCandidate(Instant now, in NetworkAddress address, int localPreference, IceTcpType tcpType, string? hostName) =>
        Agent.AddHostCandidate(now, address, localPreference, tcpType, hostName);

    public void AddServer(Instant now, in NetworkAddress server) => Agent.AddServer(now, server);

    public void AddRelay(Instant now, IRelay relay, int localPreference) => Agent.AddRelay(now, relay, localPreference);

    public void AddRelay(Instant now, RelayServer server) => Agent.AddRelay(now, server);

    public bool CompleteRelay(Instant now, RelayServer server, IRelay? relay) => Agent.CompleteRelay(now, server, relay);

    public void Gather(Instant now) => Agent.Gather(now);

    public void CompleteResolution(Instant now, string hostName, in NetworkAddress address) => Agent.CompleteResolution(now, hostName, address);

    public void CompleteConnection(Instant now, in NetworkAddress local, in NetworkAddress remote, NetworkPath? path) =>
        Agent.CompleteConnection(now, local, remote, path);

    public void WriteLog(Instant now, IceLogKind kind, string detail) => Agent.WriteLog(now, kind, detail);

    public void OnFault(Exception exception)
    {
        Fault = exception;
        _connected.TrySetException(exception);
    }

    public async ValueTask DisposeAsync()
    {
        Host.Post(now =>
        {
            if (!Host.IsClosed)
            {
                Agent.Close(now);
            }
        });
        await Host.CloseAsync();
        Assert.Null(Fault);
    }

    public IceCandidate[] CandidatesOf(IceCandidateType type)
    {
        lock (Candidates)
        {
            return [.. Candidates.Where(candidate => candidate.Type == type)];
        }
    }
}
