using System;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Commands;
using Braid.Cli.Output;
using Braid.WebRtc;

namespace Braid.Cli.Page;

/// <summary>The chat: what a page says is printed here, what is typed here goes to every page.</summary>
internal sealed class ChatRoom
{
    private readonly ConcurrentDictionary<RTCDataChannel, bool> _channels = [];

    /// <summary>Talks to one page until it goes.</summary>
    public async Task JoinAsync(RTCDataChannel channel, CancellationToken cancellationToken)
    {
        await channel.SendAsync(
            $"This is {RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}. Type in its terminal, and it comes here.", cancellationToken);
        _channels[channel] = true;
        try
        {
            await foreach (RTCMessage message in channel.ReadAllAsync(cancellationToken))
            {
                await Console.Out.WriteLineAsync($"page: {Printable.Of(message.GetText())}");
            }
        }
        finally
        {
            _channels.TryRemove(channel, out _);
        }
    }

    /// <summary>Sends every line of the terminal to all pages, until there are no more.</summary>
    public async Task SayAsync(InputLines input, CancellationToken cancellationToken)
    {
        await foreach (byte[] line in input.Lines.ReadAllAsync(cancellationToken))
        {
            foreach (RTCDataChannel channel in _channels.Keys)
            {
                try
                {
                    channel.TrySend(line, isText: true);
                }
                catch (RTCException)
                {
                    // That page has just gone.
                }
            }
        }
    }
}
