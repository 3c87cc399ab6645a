using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Braid.WebRtc;

namespace Braid.Cli.Http;

/// <summary>
/// Connections whose offers came by HTTP: each is answered, its channels are served, and it is let go of when it ends, fails, or this does.
/// </summary>
internal sealed class OfferedConnections : IAsyncDisposable
{
    private const int LeastServed = 32;                      // channels before those that are over are looked for

    private static readonly TimeSpan s_gathering = TimeSpan.FromSeconds(5);      // then with what there is

    private readonly ConcurrentDictionary<RTCPeerConnection, Task> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private bool _isDisposed;

    /// <summary>How many there are.</summary>
    public int Count => _running.Count;

    /// <summary>Completes when those that there are now have ended and are let go of.</summary>
    public Task Ended => Task.WhenAll(_running.Values);

    /// <summary>Answers the first offer of a connection, which is this object's from then on.</summary>
    /// <param name="connection">A new one; disposed when it ends, or when this throws.</param>
    /// <param name="sdp">The offer.</param>
    /// <param name="serve">Serves one channel of the other side; the next one is accepted as soon as it awaits something.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>The answer, with all candidates.</returns>
    /// <exception cref="RTCException">The offer is none.</exception>
    public async Task<RTCSessionDescription> BeginAsync(
        RTCPeerConnection connection, string sdp, Func<RTCDataChannel, CancellationToken, Task> serve, CancellationToken cancellationToken)
    {
        // Who is gone without a word comes back with another offer, if at all: nothing is to be restarted.
        connection.ConnectionStateChange += (_, _) =>
        {
            if (connection.ConnectionState == RTCPeerConnectionState.Failed)
            {
                connection.Close();
            }
        };
        try
        {
            RTCSessionDescription answer = await AnswerAsync(connection, sdp, cancellationToken);
            Task run = _running[connection] = RunAsync(connection, serve);
            if (run.IsCompleted)
            {
                _running.TryRemove(connection, out _);       // it had gone before it was there
            }

            return answer;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Answers an offer: the first one, or a later one of a connection that goes on as it was where it cannot.</summary>
    public static async Task<RTCSessionDescription> AnswerAsync(RTCPeerConnection connection, string sdp, CancellationToken cancellationToken)
    {
        await connection.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Offer, sdp), cancellationToken);
        await connection.SetLocalDescriptionAsync(cancellationToken: cancellationToken);
        return await GatherAsync(connection, cancellationToken);
    }

    /// <summary>The description with all candidates, or with those that there are after a while.</summary>
    public static async Task<RTCSessionDescription> GatherAsync(RTCPeerConnection connection, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(s_gathering);
        try
        {
            return await connection.GatherAsync(late.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return connection.LocalDescription!;
        }
    }

    /// <summary>Serves a channel of either side and disposes it. What ends with the channel is no failure.</summary>
    public static async Task ServeAsync(RTCDataChannel channel, Func<RTCDataChannel, CancellationToken, Task> serve, CancellationToken cancellationToken)
    {
        await using (channel)
        {
            try
            {
                await serve(channel, cancellationToken);
            }
            catch (Exception exception) when (exception is RTCException or OperationCanceledException or ObjectDisposedException or IOException)
            {
                // It went, or this process does, or the terminal that something was to be printed on.
            }
        }
    }

    /// <summary>Ends all of them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _stop.CancelAsync();
        await Task.WhenAll(_running.Values);
        _stop.Dispose();
    }

    private async Task RunAsync(RTCPeerConnection connection, Func<RTCDataChannel, CancellationToken, Task> serve)
    {
        await Task.Yield();
        List<Task> served = [];
        int look = LeastServed;
        await using (connection)
        {
            try
            {
                while (true)
                {
                    RTCDataChannel channel = await connection.AcceptDataChannelAsync(_stop.Token);
                    served.Add(ServeAsync(channel, serve, _stop.Token));
                    if (served.Count == look)
                    {
                        served.RemoveAll(static task => task.IsCompleted);
                        look = (2 * served.Count) + LeastServed;
                    }
                }
            }
            catch (Exception exception) when (exception is RTCException or OperationCanceledException)
            {
                // The other side went, or this process does.
            }

            connection.Close();
            await Task.WhenAll(served);
        }

        _running.TryRemove(connection, out _);
    }
}
