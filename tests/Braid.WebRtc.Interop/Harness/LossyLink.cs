using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.WebRtc.Interop;

/// <summary>
/// Stands before a peer: takes its offers, and puts in the place of every candidate of either side a <see cref="LossyRelay"/>. The two
/// never learn each other's addresses, so that each datagram passes a relay.
/// </summary>
internal sealed class LossyLink : IAsyncDisposable
{
    private readonly PeerNamespace _place;
    private readonly Peer _behind;
    private readonly Loss _loss;
    private readonly Socket _listener;
    private readonly List<LossyRelay> _relays = [];
    private readonly CancellationTokenSource _stop = new();

    private LossyLink(PeerNamespace place, Peer behind, Loss loss, Socket listener)
    {
        _place = place;
        _behind = behind;
        _loss = loss;
        _listener = listener;
    }

    /// <summary>Where the caller offers.</summary>
    public string Url => $"http://{_listener.LocalEndPoint}";

    /// <summary>Datagrams that were lost.</summary>
    public long Lost => _loss.Lost;

    public static LossyLink Start(PeerNamespace place, Peer behind, Loss loss)
    {
        Socket listener = place.NewSocket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var link = new LossyLink(place, behind, loss, listener);
        _ = link.AcceptAsync();
        return link;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        foreach (LossyRelay relay in _relays)
        {
            await relay.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptAsync(_stop.Token));
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Over.
        }
    }

    // One request a connection: enough of HTTP for a body with a length.
    private async Task AnswerAsync(Socket accepted)
    {
        using Socket socket = accepted;
        try
        {
            (string path, string body) = await ReadRequestAsync(socket);
            string answer = path == "/offer" ? await OfferAsync(body) : "{}";
            byte[] content = Encoding.UTF8.GetBytes(answer);
            string head = $"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {content.Length}\r\nconnection: close\r\n\r\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes(head), SocketFlags.None, _stop.Token);
            await socket.SendAsync(content, SocketFlags.None, _stop.Token);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // The caller gives up.
        }
    }

    private async Task<(string Path, string Body)> ReadRequestAsync(Socket socket)
    {
        var buffer = new byte[1 << 20];
        int filled = 0;
        while (true)
        {
            int received = await socket.ReceiveAsync(buffer.AsMemory(filled), SocketFlags.None, _stop.Token);
            filled += received;
            string text = Encoding.UTF8.GetString(buffer, 0, filled);
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (received == 0 || (end >= 0 && filled >= end + 4 + LengthOf(text[..end])))
            {
                return (text.Split(' ')[1], text[(end + 4)..]);
            }
        }
    }

    private static int LengthOf(string head)
    {
        string? line = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase));
        return line is null ? 0 : int.Parse(line.Split(':')[1], CultureInfo.InvariantCulture);
    }

    private async Task<string> OfferAsync(string body)
    {
        JsonNode offer = JsonNode.Parse(body)!;
        offer["sdp"] = await RelayAsync(offer["sdp"]!.GetValue<string>());
        JsonNode answer = JsonNode.Parse(await _behind.OfferAsync(offer.ToJsonString(), _stop.Token))!;
        if (answer["sdp"] is { } sdp)
        {
            answer["sdp"] = await RelayAsync(sdp.GetValue<string>());
        }

        return answer.ToJsonString();
    }

    // Candidates of UDP and IPv4 with a relay in their place; no others.
    private async Task<string> RelayAsync(string sdp)
    {
        var lines = new List<string>();
        foreach (string line in sdp.Split("\r\n"))
        {
            if (!line.StartsWith("a=candidate:", StringComparison.Ordinal))
            {
                lines.Add(line);
                continue;
            }

            string[] words = line.Split(' ');
            if (words[1] == "1" && words[2].Equals("udp", StringComparison.OrdinalIgnoreCase)
                && IPAddress.TryParse(words[4], out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork)
            {
                var target = new IPEndPoint(address, int.Parse(words[5], CultureInfo.InvariantCulture));
                LossyRelay relay = LossyRelay.Start(_place, target, _loss);
                _relays.Add(relay);
                words[4] = relay.EndPoint.Address.ToString();
                words[5] = relay.EndPoint.Port.ToString(CultureInfo.InvariantCulture);
                lines.Add(string.Join(' ', words));
            }
        }

        return string.Join("\r\n", lines);
    }
}
