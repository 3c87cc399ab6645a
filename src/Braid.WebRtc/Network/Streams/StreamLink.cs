using System;
using System.Buffers;
using System.Buffers.Binary;
using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice.Stun;
using Braid.Ice.Turn;

namespace Braid.WebRtc.Network;

/// <summary>
/// A TCP connection, with TLS or without, that carries whole messages both ways: to a peer (RFC 6544, framed as in RFC 4571) or to a TURN
/// server (RFC 8656). What does not leave soon enough is lost, as in a datagram's network: SCTP repairs that, and nobody waits.
/// </summary>
internal sealed class StreamLink : IDisposable
{
    private const int MostQueued = 1 << 20;                  // bytes
    private const int FirstBuffer = 4096;
    private const int LargestFrame = 2 + ushort.MaxValue;
    private const int ReadsAhead = 4;

    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly PeerHost _host;
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly ArrivalKind _kind;
    private readonly SemaphoreSlim _slots = new(ReadsAhead);
    private readonly Lock _gate = new();

    // Guarded by the gate.
    private byte[] _queued = [];
    private int _queuedLength;
    private bool _isWriting;
    private bool _isFinished;

    private volatile bool _isClosed;

    /// <param name="host">Gets what comes.</param>
    /// <param name="socket">Connected; the link's from now on.</param>
    /// <param name="stream">Over the socket, with TLS where there is TLS.</param>
    /// <param name="kind">How messages are told apart.</param>
    /// <param name="path">What it is known by.</param>
    public StreamLink(PeerHost host, Socket socket, Stream stream, ArrivalKind kind, in NetworkPath path)
    {
        _host = host;
        _socket = socket;
        _stream = stream;
        _kind = kind;
        Path = path;
    }

    /// <summary>From where to where.</summary>
    public NetworkPath Path { get; }

    /// <summary>Messages that did not leave soon enough.</summary>
    public long Dropped { get; private set; }

    /// <summary>Sends a message. On the loop only.</summary>
    public void Send(ReadOnlySpan<byte> message)
    {
        int header = _kind == ArrivalKind.Frames ? sizeof(ushort) : 0;
        lock (_gate)
        {
            int length = _queuedLength + header + message.Length;
            if (_isClosed || _isFinished || length > MostQueued || message.Length > ushort.MaxValue)
            {
                Dropped++;
                return;
            }

            if (length > _queued.Length)
            {
                Array.Resize(ref _queued, Math.Max(length, Math.Max(FirstBuffer, 2 * _queued.Length)));
            }

            if (header != 0)
            {
                BinaryPrimitives.WriteUInt16BigEndian(_queued.AsSpan(_queuedLength), (ushort)message.Length);
            }

            message.CopyTo(_queued.AsSpan(_queuedLength + header));
            _queuedLength = length;
            if (_isWriting)
            {
                return;
            }

            _isWriting = true;
        }

        _ = WriteAsync();
    }

    /// <summary>Closes the connection once what waits was sent; the other side has a while to do the same. On the loop only.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            if (_isFinished)
            {
                return;
            }

            _isFinished = true;
            if (_isWriting)
            {
                return;                                      // whoever writes will end it
            }
        }

        _ = EndAsync();
    }

    /// <summary>Receives until the connection ends, in whichever way.</summary>
    /// <param name="mayBegin">Looks at the first message, and may refuse it: then the connection ends.</param>
    /// <param name="timeout">How long the first message may take.</param>
    public async Task ReceiveAsync(Func<ReadOnlyMemory<byte>, bool>? mayBegin, TimeSpan timeout)
    {
        byte[] buffer = new byte[FirstBuffer];
        int used = 0;
        using var patience = new CancellationTokenSource(mayBegin is null ? Timeout.InfiniteTimeSpan : timeout);
        try
        {
            while (!_isClosed)
            {
                if (used == buffer.Length)
                {
                    Array.Resize(ref buffer, Math.Min(2 * buffer.Length, 2 * LargestFrame));
                }

                int count = await _stream.ReadAsync(buffer.AsMemory(used), patience.Token).ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                used += count;
                int whole = WholeMessages(buffer.AsSpan(0, used), out int first);
                if (whole < 0 || (first > 0 && mayBegin?.Invoke(buffer.AsMemory(0, first)) == false))
                {
                    return;                                  // another protocol, or for nobody here
                }

                if (whole > 0)
                {
                    mayBegin = null;
                    patience.CancelAfter(Timeout.InfiniteTimeSpan);
                    await _slots.WaitAsync().ConfigureAwait(false);
                    Give(buffer.AsSpan(0, whole));
                    buffer.AsSpan(whole, used - whole).CopyTo(buffer);
                    used -= whole;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It has ended.
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Whether a first frame is a connectivity check whose user a peer knows.</summary>
    public static bool IsCheckFor(ReadOnlySpan<byte> frame, Func<string, bool> isKnown)
    {
        if (frame.Length <= sizeof(ushort) || !StunView.TryRead(frame[sizeof(ushort)..], out StunView request)
            || request is not { Class: StunClass.Request, Method: StunMethod.Binding }
            || !request.TryFind(StunAttributeType.Username, out ReadOnlySpan<byte> username))
        {
            return false;
        }

        int colon = username.IndexOf((byte)':');
        return colon > 0 && isKnown(System.Text.Encoding.ASCII.GetString(username[..colon]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isClosed = true;
        _stream.Dispose();
        _socket.Dispose();
    }

    // How many bytes of whole messages there are, and how many of them are the first's; less than 0 when it is no such stream.
    private int WholeMessages(ReadOnlySpan<byte> bytes, out int first)
    {
        int whole = 0;
        first = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = bytes[whole..];
            int length;
            if (_kind == ArrivalKind.Frames)
            {
                length = rest.Length < sizeof(ushort) ? int.MaxValue : sizeof(ushort) + BinaryPrimitives.ReadUInt16BigEndian(rest);
            }
            else
            {
                TurnFrame frame = TurnFraming.TryRead(rest, out length);
                if (frame == TurnFrame.Broken)
                {
                    return -1;
                }

                length = frame == TurnFrame.Complete ? length : int.MaxValue;
            }

            if (length > rest.Length)
            {
                return whole;
            }

            first = whole == 0 ? length : first;
            whole += length;
        }
    }

    private void Give(ReadOnlySpan<byte> messages)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(messages.Length);
        messages.CopyTo(copy);
        _host.Forward(new Arrival(copy, messages.Length, 0, _kind, Path, EcnCodepoint.NotCapable, _slots));
    }

    private async Task WriteAsync()
    {
        byte[] spare = [];
        bool isLast;
        try
        {
            while (true)
            {
                int length;
                lock (_gate)
                {
                    if (_queuedLength == 0 || _isClosed)
                    {
                        _isWriting = false;
                        isLast = _isFinished;
                        break;
                    }

                    length = _queuedLength;
                    (_queued, spare) = (spare, _queued);
                    _queuedLength = 0;
                }

                await _stream.WriteAsync(spare.AsMemory(0, length)).ConfigureAwait(false);
            }

            if (isLast)
            {
                await EndAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            Dispose();                                       // who receives sees it too
        }
    }

    // A socket that is closed while it is read from resets the connection, and what was sent last is lost with it:
    // only our side ends, and the other one gets time to do the same.
    private async Task EndAsync()
    {
        try
        {
            if (_stream is SslStream secure)
            {
                await secure.ShutdownAsync().ConfigureAwait(false);
            }

            _socket.Shutdown(SocketShutdown.Send);
            await Task.Delay(s_farewell).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It has ended already.
        }

        Dispose();
    }
}
