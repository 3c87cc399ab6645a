using System;
using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Http;
using Braid.WebRtc;

namespace Braid.Cli.Peers;

/// <summary>The connections that others began: echoes every message of every channel.</summary>
internal sealed class Answerer(RTCConfiguration defaults) : IAsyncDisposable
{
    /// <summary>Labels of channels that are closed, for each connection: the commands ask about the latest.</summary>
    internal const int MostClosed = 64;

    private readonly OfferedConnections _connections = new();
    private readonly ConcurrentDictionary<string, Session> _sessions = new();
    private long _last;

    /// <summary>How many there are.</summary>
    public int Count => _connections.Count;

    /// <summary>Labels that are kept of their channels.</summary>
    public int LabelCount => _sessions.Values.Sum(static session => session.LabelCount);

    /// <summary>Completes when all that there are now have ended.</summary>
    public Task Ended => _connections.Ended;

    /// <summary>POST /offer.</summary>
    public async Task<JsonObject> OfferAsync(JsonObject request, CancellationToken cancellationToken)
    {
        string offer = PeerJson.ReadOffer(request);
        RTCSessionDescription answer;
        if (PeerJson.Text(request["session"]) is { } name && _sessions.TryGetValue(name, out Session? session))
        {
            answer = await OfferedConnections.AnswerAsync(session.Connection, offer, cancellationToken);
        }
        else
        {
            session = await CreateAsync(request);
            answer = await _connections.BeginAsync(session.Connection, offer, session.ServeAsync, cancellationToken);
            _sessions[session.Name] = session;
            _ = ForgetAsync(session);
        }

        JsonObject response = PeerJson.WriteAnswer(answer);
        response["session"] = session.Name;
        return response;
    }

    /// <summary>POST /end.</summary>
    public async Task<JsonObject> EndAsync(JsonObject request)
    {
        if (PeerJson.Text(request["session"]) is { } name && _sessions.TryGetValue(name, out Session? session))
        {
            await session.Connection.DisposeAsync();
        }

        return [];
    }

    /// <summary>Ends all connections.</summary>
    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    private async Task<Session> CreateAsync(JsonObject request)
    {
        var connection = new RTCPeerConnection(PeerJson.ReadConfiguration(request["configuration"], defaults));
        try
        {
            var session = new Session(Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture), connection);
            foreach (JsonNode? channel in request["channels"]?.AsArray() ?? [])
            {
                session.Open(channel);
            }

            return session;
        }
        catch
        {
            await connection.DisposeAsync();                 // a channel that cannot be
            throw;
        }
    }

    private async Task ForgetAsync(Session session)
    {
        await session.Connection.Closed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _sessions.TryRemove(session.Name, out _);
    }

    private sealed record Session(string Name, RTCPeerConnection Connection)
    {
        private readonly ConcurrentDictionary<string, Served> _channels = new();
        private readonly ConcurrentQueue<KeyValuePair<string, Served>> _closed = new();

        public int LabelCount => _channels.Count;

        public void Open(JsonNode? json)
        {
            (string label, RTCDataChannelInit init) = PeerJson.ReadChannel(json);
            _ = OfferedConnections.ServeAsync(Connection.CreateDataChannel(label, init), ServeAsync, CancellationToken.None);
        }

        /// <summary>Echoes until the channel is closed.</summary>
        public async Task ServeAsync(RTCDataChannel channel, CancellationToken cancellationToken)
        {
            using var served = new Served(channel);          // not closed before all was counted
            _channels[channel.Label] = served;               // the latest one of a label: commands find it from now on
            await Task.Yield();
            try
            {
                await foreach (RTCMessage message in channel.ReadAllAsync(cancellationToken))
                {
                    served.Count(message.Length);
                    if (channel.Protocol == PeerJson.Control)
                    {
                        JsonObject command = JsonNode.Parse(message.GetText()) as JsonObject ?? throw new JsonException("A command is an object.");
                        await channel.SendAsync(Run(command).ToJsonString(), cancellationToken);
                    }
                    else if (channel.Protocol != PeerJson.Sink)
                    {
                        ReadOnlySequence<byte> data = message.Data;
                        await channel.SendAsync(data.IsSingleSegment ? data.First : message.ToArray(), message.IsText, cancellationToken);
                    }
                }
            }
            catch (Exception exception) when (exception is not RTCException && LocalServer.IsNonsense(exception))
            {
                await Console.Error.WriteLineAsync($"braid: a command that cannot be run: {exception.Message}");
            }
            finally
            {
                Forget(new KeyValuePair<string, Served>(channel.Label, served));
            }
        }

        // What is counted is asked for after the end as well, but not for ever: labels are the peer's choice, and so is how many there are.
        private void Forget(KeyValuePair<string, Served> served)
        {
            _closed.Enqueue(served);
            if (_closed.Count > MostClosed && _closed.TryDequeue(out KeyValuePair<string, Served> oldest))
            {
                _channels.TryRemove(oldest);                 // unless there is a later one of that label
            }
        }

        private JsonObject Run(JsonObject command)
        {
            string name = PeerJson.Text(command["command"]) ?? "";
            string label = PeerJson.Text(command["label"]) ?? "";
            var answer = new JsonObject { ["command"] = name, ["label"] = label };
            Served? served = _channels.GetValueOrDefault(label);
            switch (name)
            {
                case "open":
                    foreach (JsonNode? channel in command["channels"]?.AsArray() ?? [])
                    {
                        Open(channel);
                    }

                    break;
                case "close":
                    _ = served?.Channel.CloseAsync().AsTask();
                    break;
                case "count":
                    answer["messages"] = served?.Messages ?? 0;
                    answer["bytes"] = served?.Bytes ?? 0;
                    answer["now"] = Stopwatch.GetElapsedTime(0).TotalMilliseconds;
                    answer["state"] = served?.State switch
                    {
                        RTCDataChannelState.Connecting => "connecting",
                        RTCDataChannelState.Open => "open",
                        RTCDataChannelState.Closing => "closing",
                        RTCDataChannelState.Closed => "closed",
                        _ => null,
                    };
                    break;
            }

            return answer;
        }
    }

    private sealed class Served(RTCDataChannel channel) : IDisposable
    {
        private volatile bool _isRead;
        private long _messages;
        private long _bytes;

        public RTCDataChannel Channel => channel;

        public RTCDataChannelState State => channel.ReadyState is RTCDataChannelState.Closed && !_isRead ? RTCDataChannelState.Closing : channel.ReadyState;

        public long Messages => Volatile.Read(ref _messages);

        public long Bytes => Volatile.Read(ref _bytes);

        public void Count(int bytes)
        {
            Volatile.Write(ref _bytes, _bytes + bytes);
            Volatile.Write(ref _messages, _messages + 1);
        }

        public void Dispose() => _isRead = true;
    }
}
