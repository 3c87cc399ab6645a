using System;
using System.Security.Cryptography;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What a cookie turned out to be.</summary>
internal enum CookieVerdict : byte
{
    /// <summary>Ours, and in time.</summary>
    Valid,

    /// <summary>Ours, but too old (RFC 9260 §5.1.5 step 4).</summary>
    Stale,

    /// <summary>Not ours.</summary>
    Forged,
}

/// <summary>
/// Makes and checks state cookies (RFC 9260 §5.1.3, §5.1.5): the claims in binary, and an HMAC-SHA-256 over them, cut to 128
/// bits. Owns two keys, of which the older one is only good for checking. An INIT ACK must not be a weapon (RFC 5062 §9):
/// what the packet with the COOKIE ECHO says anyway is under the MAC but not in the cookie, so that the INIT ACK for a bare
/// INIT is no longer than three of them.
/// </summary>
internal sealed class CookieMinter
{
    /// <summary>Bytes of a cookie at most.</summary>
    public const int MaximumLength =
        HeaderLength + LocalLength + PeerLength + ExtensionLength + AdaptationLength + KnownLength + TieTagsLength + (2 * (2 + KeyVectors.MaximumLength)) + 1 + (PeerAddresses.Capacity * AddressLength) + Alignment - 1 + MacLength;

    private const int HeaderLength = 1 + 4;                  // flags and time
    private const int LocalLength = 4 + 4 + 2 + 2;
    private const int PeerLength = 4 + 4 + 4 + 2 + 2;
    private const int ExtensionLength = 4;
    private const int AdaptationLength = 4;
    private const int KnownLength = 2;
    private const int TieTagsLength = 4 + 4;
    private const int AddressLength = 1 + 16;
    private const int MacLength = 16;
    private const int Alignment = 4;                         // §3.2: no padding that a peer could count or not
    private const int KeyLength = 32;
    private const int ContextLength = 2 + 2 + AddressLength; // what is under the MAC and not in the cookie

    private const byte KeyFlag = 1;
    private const byte TieTagsFlag = 2;
    private const byte ExtensionFlag = 4;
    private const byte AddressesFlag = 8;
    private const byte AdaptationFlag = 16;
    private const byte KnownFlag = 32;
    private const byte VectorsFlag = 64;

    private readonly IRandomSource _secrets;
    private readonly TimeSpan _lifetime;
    private readonly TimeSpan _rotation;
    private readonly byte[] _current = new byte[KeyLength];
    private readonly byte[] _previous = new byte[KeyLength];
    private Instant _rotated;
    private byte _keyNumber;

    /// <param name="secrets">Where keys come from.</param>
    /// <param name="lifetime">How long a cookie is good for; twice that at most when the peer asks for it.</param>
    public CookieMinter(IRandomSource secrets, TimeSpan lifetime)
    {
        _secrets = secrets;
        _lifetime = lifetime;

        // A key checks for one rotation after it last signed, so no cookie outlives its key.
        _rotation = 2 * lifetime > TimeSpan.FromHours(1) ? 2 * lifetime : TimeSpan.FromHours(1);
        _rotated = Instant.Never;
        _secrets.Fill(_current);
        _secrets.Fill(_previous);
    }

    /// <summary>Writes the cookie for <paramref name="claims"/>.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="claims">What it says.</param>
    /// <param name="cookie">At least <see cref="MaximumLength"/> bytes.</param>
    /// <returns>Its length in bytes.</returns>
    public int Mint(Instant now, in CookieClaims claims, Span<byte> cookie)
    {
        Rotate(now);
        bool hasTieTags = claims.LocalTieTag != 0;
        bool hasExtension = claims.Extension > TimeSpan.Zero;
        bool hasAddresses = claims.Addresses.Count > 1;
        var writer = new WireWriter(cookie);
        writer.WriteByte((byte)((_keyNumber & KeyFlag) | (hasTieTags ? TieTagsFlag : 0)
            | (hasExtension ? ExtensionFlag : 0) | (hasAddresses ? AddressesFlag : 0)
            | (claims.PeerAdaptation is null ? 0 : AdaptationFlag) | (claims.Extensions == Extensions.None ? 0 : KnownFlag)
            | (claims.Vectors is null ? 0 : VectorsFlag)));
        writer.WriteUInt32(Milliseconds(claims.Created));
        writer.WriteUInt32(claims.Local.InitiateTag.Value);
        writer.WriteUInt32(claims.Local.InitialTsn.Value);
        writer.WriteUInt16(claims.Local.OutgoingStreams);
        writer.WriteUInt16(claims.Local.IncomingStreams);
        writer.WriteUInt32(claims.Peer.InitiateTag.Value);
        writer.WriteUInt32(claims.Peer.InitialTsn.Value);
        writer.WriteUInt32(claims.Peer.AdvertisedWindow);
        writer.WriteUInt16(claims.Peer.OutgoingStreams);
        writer.WriteUInt16(claims.Peer.IncomingStreams);
        if (hasTieTags)
        {
            writer.WriteUInt32(claims.LocalTieTag);
            writer.WriteUInt32(claims.PeerTieTag);
        }

        if (hasExtension)
        {
            writer.WriteUInt32((uint)claims.Extension.TotalMilliseconds);
        }

        if (claims.PeerAdaptation is { } adaptation)
        {
            writer.WriteUInt32(adaptation);
        }

        if (claims.Extensions != Extensions.None)
        {
            writer.WriteUInt16((ushort)claims.Extensions);
        }

        if (claims.Vectors is { } vectors)
        {
            writer.WriteUInt16((ushort)vectors.Local.Length);
            writer.WriteBytes(vectors.Local);
            writer.WriteUInt16((ushort)vectors.Peer.Length);
            writer.WriteBytes(vectors.Peer);
        }

        if (hasAddresses)
        {
            writer.WriteByte((byte)claims.Addresses.Count);
            for (int i = 0; i < claims.Addresses.Count; i++)
            {
                WriteAddress(ref writer, claims.Addresses[i]);
            }
        }

        while (writer.Written % Alignment != 0)
        {
            writer.WriteByte(0);
        }

        int length = writer.Written;
        Sign(_current, cookie[..length], claims.Ports, hasAddresses ? NetworkAddress.None : claims.Addresses.Source,
            cookie.Slice(length, MacLength));
        return length + MacLength;
    }

    /// <summary>Checks a cookie and reads what it says. Nothing in it is looked at before its MAC is found right.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="cookie">What the peer sent.</param>
    /// <param name="source">Where its packet came from.</param>
    /// <param name="ports">The ports of its packet: a cookie for one of ours is no good for another.</param>
    /// <param name="claims">What it says; valid also when the cookie is stale.</param>
    /// <param name="staleness">How far beyond its lifetime it is; not positive when it is not.</param>
    public CookieVerdict Check(
        Instant now, ReadOnlySpan<byte> cookie, in NetworkAddress source, PortPair ports, out CookieClaims claims, out TimeSpan staleness)
    {
        claims = default;
        staleness = default;
        if (cookie.Length < HeaderLength + LocalLength + PeerLength + MacLength || cookie.Length > MaximumLength)
        {
            return CookieVerdict.Forged;
        }

        Rotate(now);                                         // however long nobody came: no key checks for longer than it may

        // The flags are a hint outside our trust: a wrong one only selects a key, or a context, that does not fit.
        byte flags = cookie[0];
        byte[] key = (flags & KeyFlag) == (_keyNumber & KeyFlag) ? _current : _previous;
        ReadOnlySpan<byte> body = cookie[..^MacLength];
        Span<byte> mac = stackalloc byte[MacLength];
        Sign(key, body, ports, (flags & AddressesFlag) != 0 ? NetworkAddress.None : source, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, cookie[^MacLength..]))
        {
            return CookieVerdict.Forged;
        }

        claims = Read(now, body, source, ports);
        if (!claims.Addresses.Contains(source))
        {
            return CookieVerdict.Forged;                     // ours, but none of the peer's addresses sent it
        }

        staleness = now - claims.Created - _lifetime - claims.Extension;
        return staleness > TimeSpan.Zero ? CookieVerdict.Stale : CookieVerdict.Valid;
    }

    /// <summary>What a peer gets of the longer life that it asks for: no more than the usual life once more (§5.2.6).</summary>
    public TimeSpan Grant(TimeSpan increment) => increment < _lifetime ? increment : _lifetime;

    private static void Sign(byte[] key, ReadOnlySpan<byte> body, PortPair ports, in NetworkAddress source, Span<byte> mac)
    {
        Span<byte> signed = stackalloc byte[MaximumLength + ContextLength];
        var writer = new WireWriter(signed);
        writer.WriteBytes(body);
        writer.WriteUInt16(ports.Local);
        writer.WriteUInt16(ports.Remote);
        WriteAddress(ref writer, source);
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, signed[..writer.Written], whole);
        whole[..MacLength].CopyTo(mac);
    }

    private void Rotate(Instant now)
    {
        if (_rotated.IsNever)
        {
            _rotated = now;
        }

        if (now - _rotated < _rotation)
        {
            return;
        }

        if (now - _rotated < 2 * _rotation)
        {
            _current.CopyTo(_previous, 0);
        }
        else
        {
            _secrets.Fill(_previous);
        }

        _secrets.Fill(_current);
        _keyNumber++;
        _rotated = now;
    }

    private static uint Milliseconds(Instant instant) => (uint)(instant.Ticks / TimeSpan.TicksPerMillisecond);

    private static void WriteAddress(ref WireWriter writer, in NetworkAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = address.WriteAddress(bytes);
        writer.WriteByte((byte)address.Family);
        writer.WriteBytes(bytes[..length]);
    }

    private static CookieClaims Read(Instant now, ReadOnlySpan<byte> bytes, in NetworkAddress source, PortPair ports)
    {
        // Our own MAC vouches for every field and length: no read can fail.
        var reader = new WireReader(bytes);
        reader.TryReadByte(out byte flags);
        reader.TryReadUInt32(out uint created);
        reader.TryReadUInt32(out uint localTag);
        reader.TryReadUInt32(out uint localTsn);
        reader.TryReadUInt16(out ushort localOutgoing);
        reader.TryReadUInt16(out ushort localIncoming);
        reader.TryReadUInt32(out uint peerTag);
        reader.TryReadUInt32(out uint peerTsn);
        reader.TryReadUInt32(out uint peerWindow);
        reader.TryReadUInt16(out ushort peerOutgoing);
        reader.TryReadUInt16(out ushort peerIncoming);
        uint localTieTag = 0;
        uint peerTieTag = 0;
        uint extension = 0;
        uint adaptation = 0;
        ushort known = 0;
        if ((flags & TieTagsFlag) != 0)
        {
            reader.TryReadUInt32(out localTieTag);
            reader.TryReadUInt32(out peerTieTag);
        }

        if ((flags & ExtensionFlag) != 0)
        {
            reader.TryReadUInt32(out extension);
        }

        if ((flags & AdaptationFlag) != 0)
        {
            reader.TryReadUInt32(out adaptation);
        }

        if ((flags & KnownFlag) != 0)
        {
            reader.TryReadUInt16(out known);
        }

        KeyVectors? vectors = (flags & VectorsFlag) != 0 ? new KeyVectors(ReadVector(ref reader), ReadVector(ref reader)) : null;

        // 32 bits of milliseconds turn over in 49 days; long before that the key is gone.
        uint age = Milliseconds(now) - created;
        return new CookieClaims
        {
            Created = new Instant((now.Ticks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond) - (age * TimeSpan.TicksPerMillisecond)),
            Extension = TimeSpan.FromMilliseconds(extension),
            Local = new InitFields(new VerificationTag(localTag), 0, localOutgoing, localIncoming, new Tsn(localTsn)),
            Peer = new InitFields(new VerificationTag(peerTag), peerWindow, peerOutgoing, peerIncoming, new Tsn(peerTsn)),
            Ports = ports,
            Addresses = (flags & AddressesFlag) != 0 ? ReadAddresses(ref reader).SeenFrom(source) : new PeerAddresses(source),
            LocalTieTag = localTieTag,
            PeerTieTag = peerTieTag,
            PeerAdaptation = (flags & AdaptationFlag) != 0 ? adaptation : null,
            Extensions = (Extensions)known,
            Vectors = vectors,
        };
    }

    private static byte[] ReadVector(ref WireReader reader)
    {
        reader.TryReadUInt16(out ushort length);
        reader.TryReadBytes(length, out ReadOnlySpan<byte> vector);
        return vector.ToArray();
    }

    private static PeerAddresses ReadAddresses(ref WireReader reader)
    {
        reader.TryReadByte(out byte count);
        var addresses = new PeerAddresses(ReadAddress(ref reader));
        for (int i = 1; i < count; i++)
        {
            addresses.TryAdd(ReadAddress(ref reader));
        }

        return addresses;
    }

    private static NetworkAddress ReadAddress(ref WireReader reader)
    {
        reader.TryReadByte(out byte family);
        reader.TryReadBytes(family == (byte)NetworkFamily.IPv4 ? 4 : 16, out ReadOnlySpan<byte> bytes);
        return family == (byte)NetworkFamily.IPv4 ? NetworkAddress.FromIPv4(bytes, 0) : NetworkAddress.FromIPv6(bytes, 0);
    }
}
