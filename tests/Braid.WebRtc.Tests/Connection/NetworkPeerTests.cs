using System;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice;
using Braid.WebRtc.Network;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc.Tests.Connection;

/// <summary>What drives a peer, without another peer.</summary>
public sealed class NetworkPeerTests
{
    private static readonly TimeSpan s_guard = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_fault_in_the_last_run_and_the_end_are_told_as_one()
    {
        var core = new PeerCore(new RTCConfiguration().ToPeerOptions(RTCCertificate.Generate(), isLogging: false), new SeededRandom(1));
        var application = new FaultyApplication(core);
        var peer = new NetworkPeer(core, application, new NetworkOptions());
        peer.Wake();
        await application.Freed.WaitAsync(s_guard);
        await peer.Leaving.WaitAsync(s_guard);
        Assert.Equal(1, application.FreedCount);
        core.Dispose();
    }

    // Closes in the first run, and throws in the next one, which is the last.
    private sealed class FaultyApplication(PeerCore core) : IPeerApplication
    {
        private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _freedCount;

        public Task Freed => _freed.Task;

        public int FreedCount => Volatile.Read(ref _freedCount);

        public void OnWork(Instant now)
        {
            if (core.ConnectionState == RTCPeerConnectionState.Closed)
            {
                throw new InvalidOperationException("the last run");
            }

            core.Close(now);
        }

        public void OnOutput(Instant now, in PeerOutput output)
        {
        }

        public void OnDrained(Instant now)
        {
        }

        public void OnLog(IceLogRecord record)
        {
        }

        public void OnFreed(Exception? error)
        {
            Interlocked.Increment(ref _freedCount);
            _freed.TrySetResult();
        }
    }
}
