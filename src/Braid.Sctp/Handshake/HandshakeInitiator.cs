using System;
using System.Numerics;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What an INIT ACK led to.</summary>
internal enum InitAckVerdict : byte
{
    /// <summary>COOKIE ECHO can be sent.</summary>
    Accepted,

    /// <summary>The Initiate Tag is 0: ABORT with the T bit (RFC 9260 §3.3.3).</summary>
    NoTag,

    /// <summary>The window is smaller than 1500: ABORT, but nothing changes here.</summary>
    WindowTooSmall,

    /// <summary>A stream count of 0: ABORT.</summary>
    NoStreams,

    /// <summary>There is no State Cookie: ABORT with "missing mandatory parameter".</summary>
    NoCookie,

    /// <summary>It has a Host Name Address: ABORT (§5.1.2 B).</summary>
    HasHostName,

    /// <summary>Its random number does not have 32 bytes: ABORT (RFC 4895 §6.1).</summary>
    WrongRandomNumber,

    /// <summary>It does not offer the authentication that our options insist on: ABORT.</summary>
    NoAuthentication,

    /// <summary>A parameter's length is not what it says: discarded.</summary>
    Malformed,
}

/// <summary>
/// The side that opens an association (RFC 9260 §5.1): our tag and initial TSN, the peer's cookie, and how often each of
/// the two chunks was sent.
/// </summary>
internal sealed class HandshakeInitiator
{
    private static readonly TimerId s_t1Init = new(TimerKind.T1Init);
    private static readonly TimerId s_t1Cookie = new(TimerKind.T1Cookie);

    private readonly AssociationContext _context;
    private readonly PathSet _paths;
    private PooledBuffer? _cookie;
    private Instant _sentAt;
    private int _staleCookies;
    private uint _refusedAt;                                 // a bit for each path

    public HandshakeInitiator(AssociationContext context, PathSet paths, VerificationTag localTag, Tsn initialTsn)
    {
        _context = context;
        _paths = paths;
        Fields = new InitFields(
            localTag,
            (uint)context.Options.FirstReceiveBuffer,
            (ushort)context.Options.OutgoingStreams,
            (ushort)context.Options.IncomingStreams,
            initialTsn);
        Vector = context.Options.OfferedAuthentication is { } authentication ? KeyVectors.Make(authentication, context.Random, context.Options.OffersAddressReconfiguration)
            : null;
    }

    /// <summary>What our INIT says; the same each time it is sent (§5.1.6).</summary>
    public InitFields Fields { get; }

    /// <summary>What our INIT says of authentication (RFC 4895 §6.1); null for nothing.</summary>
    public byte[]? Vector { get; }

    /// <summary>What the INIT ACK said of it; null for nothing that is of use.</summary>
    public byte[]? PeerVector { get; private set; }

    /// <summary>Transmissions of the chunk that is waiting for its answer.</summary>
    public int Attempts { get; private set; }

    /// <summary>Whether COOKIE ECHO is to be sent, or sent again.</summary>
    public bool WantsCookieEcho { get; private set; }

    /// <summary>Whether INIT is to be sent, or sent again.</summary>
    public bool WantsInit { get; private set; }

    /// <summary>The longer life that the next cookie is asked to have (§3.3.2.1.3); zero for none.</summary>
    public TimeSpan CookieExtension { get; private set; }

    /// <summary>The adaptation code point of the INIT ACK (RFC 5061 §4.2.6); null for none.</summary>
    public uint? PeerAdaptation { get; private set; }

    /// <summary>What the INIT ACK said that the peer knows.</summary>
    public Extensions PeerExtensions { get; private set; }

    /// <summary>The cookie to echo.</summary>
    public ReadOnlySpan<byte> Cookie => _cookie is null ? default : _cookie.Span;

    /// <summary>Sends INIT for the first time.</summary>
    public void Start()
    {
        Attempts = 0;
        WantsInit = true;
    }

    /// <summary>Takes in an INIT ACK in COOKIE-WAIT.</summary>
    /// <param name="initAck">The chunk.</param>
    /// <param name="unrecognized">Receives parameters that the peer wants reported, as they came (§3.2.1).</param>
    public InitAckVerdict OnInitAck(in InitChunk initAck, ref ParameterReport unrecognized)
    {
        if (initAck.InitiateTag == VerificationTag.None)
        {
            return InitAckVerdict.NoTag;
        }

        if (!InitRules.IsValidWindow(initAck.Fields))
        {
            return InitAckVerdict.WindowTooSmall;
        }

        if (!InitRules.IsValid(initAck.Fields))
        {
            return InitAckVerdict.NoStreams;
        }

        PooledBuffer? cookie = null;
        bool hasHostName = false;
        uint? adaptation = null;
        var extensions = Extensions.None;
        var vector = new KeyVectorReader();
        ParameterReader parameters = initAck.Parameters;
        while (parameters.TryRead(out ParameterView parameter))
        {
            vector.Consider(parameter);
            extensions |= ExtensionRules.Read(parameter);
            switch (parameter.Type)
            {
                case ParameterType.StateCookie:
                    cookie ??= _context.Buffers.RentCopy(parameter.Value);
                    continue;
                case ParameterType.HostNameAddress:
                    hasHostName = true;
                    continue;
                case ParameterType.AdaptationIndication:
                    adaptation = AdaptationIndicationParameter.TryRead(parameter, out uint value) ? value : adaptation;
                    continue;
            }

            if (!unrecognized.Consider(parameter))
            {
                break;
            }
        }

        InitAckVerdict verdict = parameters.IsMalformed ? InitAckVerdict.Malformed
            : hasHostName ? InitAckVerdict.HasHostName
            : cookie is null ? InitAckVerdict.NoCookie
            : Vector is null ? InitAckVerdict.Accepted
            : vector.IsWrong ? InitAckVerdict.WrongRandomNumber
            : AuthenticationRules.Insists(_context.Options, vector, extensions) ? InitAckVerdict.NoAuthentication
            : InitAckVerdict.Accepted;
        if (verdict != InitAckVerdict.Accepted)
        {
            cookie?.Dispose();
            return verdict;
        }

        Measure();
        _cookie = cookie;
        PeerAdaptation = adaptation;
        PeerVector = Vector is not null && vector.IsComplete ? vector.ToVector() : null;
        PeerExtensions = extensions | (PeerVector is null ? Extensions.None : Extensions.Authentication);
        _context.Timers.Stop(s_t1Init);
        Attempts = 0;
        _refusedAt = 0;                                      // what the peer does not list is forgotten, and the paths are counted anew
        WantsCookieEcho = true;
        return verdict;
    }

    /// <summary>The error cause that an INIT ACK is refused with.</summary>
    public static (CauseCode Code, byte[] Info) Explain(InitAckVerdict verdict) => verdict switch
    {
        InitAckVerdict.HasHostName => (CauseCode.UnresolvableAddress, []),
        InitAckVerdict.WrongRandomNumber => (CauseCode.ProtocolViolation, AuthenticationRules.WrongRandomNumber.ToArray()),
        InitAckVerdict.NoAuthentication => (CauseCode.MissingMandatoryParameter, AuthenticationRules.MissingParameters.ToArray()),
        InitAckVerdict.NoCookie => (CauseCode.MissingMandatoryParameter, [0, 0, 0, 1, 0, (byte)ParameterType.StateCookie]),
        _ => (CauseCode.InvalidMandatoryParameter, []),
    };

    /// <summary>COOKIE ACK has come.</summary>
    public void OnCookieAck()
    {
        Measure();
        Stop();
    }

    /// <summary>INIT was written into a packet.</summary>
    public void OnInitSent()
    {
        WantsInit = false;
        OnSent(s_t1Init);
    }

    /// <summary>COOKIE ECHO was written into a packet.</summary>
    public void OnCookieEchoSent()
    {
        WantsCookieEcho = false;
        OnSent(s_t1Cookie);
    }

    /// <summary>T1-init or T1-cookie has expired.</summary>
    /// <returns>False when Max.Init.Retransmits is reached: setting up has failed (§5.1.6).</returns>
    public bool OnTimeout()
    {
        _paths.Primary.Rto.BackOff();
        if (Attempts > _context.Options.MaximumInitRetransmissions)
        {
            return false;
        }

        WantsInit = _cookie is null;
        WantsCookieEcho = _cookie is not null;
        return true;
    }

    /// <summary>An address was found to be of no use: INIT is to be sent elsewhere, if it is there that it was sent last.</summary>
    /// <returns>False when all of them are such.</returns>
    public bool OnRefused(Path path)
    {
        _refusedAt |= 1u << path.Index;
        WantsInit |= path == _paths.Primary;
        return BitOperations.PopCount(_refusedAt) < _paths.Count;
    }

    /// <summary>
    /// The cookie was too old (§5.2.6): from the beginning, with a new INIT that asks for a cookie that lives longer, by the
    /// round trip just seen and a second.
    /// </summary>
    /// <returns>False when Max.Init.Retransmits cookies were too old: a peer must not keep us busy for ever.</returns>
    public bool OnStaleCookie()
    {
        CookieExtension = _context.Now - _sentAt + TimeSpan.FromSeconds(1);
        Stop();
        _staleCookies++;
        Attempts = _staleCookies;
        WantsInit = _staleCookies <= _context.Options.MaximumInitRetransmissions;
        return WantsInit;
    }

    /// <summary>Stops the timers and lets the cookie go.</summary>
    public void Stop()
    {
        _context.Timers.Stop(s_t1Init);
        _context.Timers.Stop(s_t1Cookie);
        _cookie?.Dispose();
        _cookie = null;
        WantsInit = false;
        WantsCookieEcho = false;
    }

    private void OnSent(TimerId timer)
    {
        Attempts++;
        _sentAt = _context.Now;
        _context.Timers.Start(timer, _context.Now + _paths.Primary.Rto.Current);
    }

    // §6.3.1 C5 (Karn) holds for the handshake too: only what was sent once gives a measurement.
    private void Measure()
    {
        if (Attempts == 1)
        {
            _paths.Primary.Rto.Observe(_context.Now - _sentAt);
        }
    }
}
