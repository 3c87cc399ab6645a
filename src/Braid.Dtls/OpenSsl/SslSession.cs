using System;
using System.Text;

namespace Braid.Dtls.OpenSsl;

/// <summary>What became of a call of libssl.</summary>
internal enum SslResult
{
    /// <summary>It has done it.</summary>
    Done,

    /// <summary>It waits for the next datagram.</summary>
    WantsMore,

    /// <summary>The peer has said close_notify.</summary>
    Closed,

    /// <summary>The session cannot go on.</summary>
    Failed,
}

/// <summary>An <c>SSL</c> with its BIO and its state: the calls, with spans for pointers and results for error codes.</summary>
internal sealed unsafe class SslSession(SafeSslContextHandle context, DtlsSessionOptions options, DtlsSession owner) : IDisposable
{
    private readonly SafeSslHandle _ssl = SslContext.CreateSession(
        context, options.Role == DtlsRole.Server, options.NegotiatesSrtp, options.MaximumDatagramSize, options.RetransmissionTimeout, owner);

    /// <summary>Bytes that wait to be sent.</summary>
    public int Queued => _ssl.State->Queued;

    /// <summary>Datagrams that could not wait.</summary>
    public int Lost => _ssl.State->Lost;

    /// <summary>The last alert that arrived, level and description; 0 for none.</summary>
    public int AlertReceived => _ssl.State->AlertReceived;

    /// <summary>The last alert that was sent; 0 for none.</summary>
    public int AlertSent => _ssl.State->AlertSent;

    /// <summary>Such as "DTLSv1.2".</summary>
    public string Protocol => SslContext.TextOf(LibSsl.GetVersion(_ssl));

    /// <summary>Such as "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256".</summary>
    public string CipherSuite => SslContext.TextOf(LibSsl.GetCipherName(LibSsl.GetCipher(_ssl)));

    /// <summary>RFC 7627.</summary>
    public bool HasExtendedMasterSecret => LibSsl.Control(_ssl, LibSsl.ControlExtendedMasterSecret, default, null).Value == 1;

    /// <summary>Bytes of content that a datagram of the options' size has room for.</summary>
    public int DataMtu => (int)LibSsl.GetDataMtu(_ssl);

    /// <summary>
    /// Tells libssl of a ClientHello whose cookie is good: it will go on with the message numbers that follow.
    /// </summary>
    public SslResult AcceptHello(ReadOnlySpan<byte> clientHello)
    {
        nint address = LibCrypto.NewAddress();
        OpenSslError.ThrowIfZero(address);
        fixed (byte* input = clientHello)
        {
            Offer(input, clientHello.Length);
            int result = LibSsl.Listen(_ssl, address);
            _ssl.State->Input = null;
            LibCrypto.FreeAddress(address);
            GC.KeepAlive(_ssl);
            return result == 1 ? SslResult.Done : SslResult.Failed;
        }
    }

    /// <summary>Goes on with the handshake.</summary>
    /// <param name="datagram">What has arrived; empty for nothing. All of it is taken.</param>
    public SslResult Shake(ReadOnlySpan<byte> datagram)
    {
        fixed (byte* input = datagram)
        {
            Offer(input, datagram.Length);
            int result = LibSsl.Handshake(_ssl);
            _ssl.State->Input = null;
            GC.KeepAlive(_ssl);
            return result == 1 ? SslResult.Done : Explain(result);
        }
    }

    /// <summary>Opens the next record.</summary>
    /// <param name="datagram">What has arrived; empty to see what is left of the one before.</param>
    /// <param name="content">As long as the datagram at least.</param>
    /// <param name="length">Bytes of the content.</param>
    public SslResult Read(ReadOnlySpan<byte> datagram, Span<byte> content, out int length)
    {
        nuint read = 0;
        fixed (byte* input = datagram, plain = content)
        {
            Offer(input, datagram.Length);
            int result = LibSsl.Read(_ssl, plain, (nuint)content.Length, &read);
            _ssl.State->Input = null;
            GC.KeepAlive(_ssl);
            length = (int)read;
            return result == 1 ? SslResult.Done : Explain(result);
        }
    }

    /// <summary>Makes a record.</summary>
    /// <param name="content">What is in it.</param>
    /// <param name="destination">Where it goes; long enough, since libssl would keep what it cannot write.</param>
    /// <param name="length">Bytes of the record.</param>
    public SslResult Write(ReadOnlySpan<byte> content, Span<byte> destination, out int length)
    {
        DatagramState* state = _ssl.State;
        nuint written;
        fixed (byte* source = content, target = destination)
        {
            state->Direct = target;
            state->DirectCapacity = destination.Length;
            state->DirectLength = 0;
            OpenSslError.Forget();
            int result = LibSsl.Write(_ssl, source, (nuint)content.Length, &written);
            state->Direct = null;
            length = state->DirectLength;
            GC.KeepAlive(_ssl);                              // the state is freed with it
            return result == 1 ? SslResult.Done : Explain(result);
        }
    }

    /// <summary>Appends a datagram to those that wait.</summary>
    public void Enqueue(ReadOnlySpan<byte> datagram)
    {
        _ssl.State->Enqueue(datagram);
        GC.KeepAlive(_ssl);
    }

    /// <summary>Takes the next datagram that waits.</summary>
    /// <exception cref="ArgumentException">It does not fit.</exception>
    public int Dequeue(Span<byte> destination)
    {
        int length = _ssl.State->PeekLength();
        if (length > destination.Length)
        {
            throw new ArgumentException("The datagram does not fit.", nameof(destination));
        }

        if (length > 0)
        {
            _ssl.State->Dequeue(destination);
        }

        GC.KeepAlive(_ssl);
        return length;
    }

    /// <summary>Sends the last flight again if its time has come, by the system's clock.</summary>
    /// <param name="hasSent">Whether it has.</param>
    public SslResult Repeat(out bool hasSent)
    {
        LibCrypto.ClearErrors();
        nint result = LibSsl.Control(_ssl, LibSsl.ControlDtlsHandleTimeout, default, null).Value;
        hasSent = result > 0;
        return result < 0 ? SslResult.Failed : SslResult.Done;
    }

    /// <summary>After how long <see cref="Repeat"/> does something, by the system's clock; null for never.</summary>
    public TimeSpan? TimeToRepeat()
    {
        // struct timeval: two longs, but for Windows (two ints) and macOS (a long and an int).
        long* time = stackalloc long[2];
        time[0] = 0;
        time[1] = 0;
        if (LibSsl.Control(_ssl, LibSsl.ControlDtlsGetTimeout, default, time).Value != 1)
        {
            return null;
        }

        (long seconds, long microseconds) = OperatingSystem.IsWindows() ? (((int*)time)[0], ((int*)time)[1]) : (time[0], time[1]);
        return new TimeSpan((seconds * TimeSpan.TicksPerSecond) + (microseconds * TimeSpan.TicksPerMicrosecond));
    }

    /// <summary>Says close_notify.</summary>
    public void Shut()
    {
        LibCrypto.ClearErrors();
        if (LibSsl.Shutdown(_ssl) < 0)
        {
            LibCrypto.ClearErrors();
        }
    }

    /// <summary>RFC 5705.</summary>
    public bool TryExport(string label, byte[]? exportContext, Span<byte> destination)
    {
        byte[] name = Encoding.ASCII.GetBytes(label);
        LibCrypto.ClearErrors();
        fixed (byte* target = destination, text = name, data = exportContext)
        {
            return LibSsl.Export(
                _ssl, target, (nuint)destination.Length, text, (nuint)name.Length, data, (nuint)(exportContext?.Length ?? 0), exportContext is null ? 0 : 1) == 1;
        }
    }

    public void Dispose() => _ssl.Dispose();

    private void Offer(byte* input, int length)
    {
        _ssl.State->Input = input;
        _ssl.State->InputLength = length;
        OpenSslError.Forget();
    }

    private SslResult Explain(int result) => LibSsl.GetError(_ssl, result) switch
    {
        LibSsl.ErrorWantRead or LibSsl.ErrorWantWrite => SslResult.WantsMore,
        LibSsl.ErrorZeroReturn => SslResult.Closed,
        _ => SslResult.Failed,
    };
}
