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
/// Makes and checks state cookies (RFC 9260 §5.1.3, §5.1.5): the claims in binary, and an HMAC-SHA-256 over them. Owns two
/// keys, of which the older one is only good for checking.
/// </summary>
internal sealed class CookieMinter
{
    /// <summary>Bytes of a cookie.</summary>
    public const int Length = ClaimsLength + MacLength;

    private const int MacLength = 32;
    private const int KeyLength = 32;
    private const int FieldsLength = 4 + 4 + 2 + 2 + 4;
    private const int AddressLength = 1 + 16 + 2 + 4;
    private const int ClaimsLength = 1 + 8 + FieldsLength + FieldsLength + 2 + AddressLength + 4 + 4;

    private readonly IRandomSource _secrets;
    private readonly TimeSpan _lifetime;
    private readonly TimeSpan _rotation;
    private readonly byte[] _current = new byte[KeyLength];
    private readonly byte[] _previous = new byte[KeyLength];
    private Instant _rotated;
    private byte _keyNumber;

    /// <param name="secrets">Where keys come from.</param>
    /// <param name="lifetime">How long a cookie is good for.</param>
    public CookieMinter(IRandomSource secrets, TimeSpan lifetime)
    {
        _secrets = secrets;
        _lifetime = lifetime;

        // A key checks for one rotation after it last signed, so no cookie outlives its key.
        _rotation = lifetime > TimeSpan.FromHours(1) ? lifetime : TimeSpan.FromHours(1);
        _rotated = Instant.Never;
        _secrets.Fill(_current);
        _secrets.Fill(_previous);
    }

    /// <summary>Writes the cookie for <paramref name="claims"/>.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="claims">What it says.</param>
    /// <param name="cookie"><see cref="Length"/> bytes.</param>
    public void Mint(Instant now, in CookieClaims claims, Span<byte> cookie)
    {
        Rotate(now);
        var writer = new WireWriter(cookie);
        writer.WriteByte(_keyNumber);
        writer.WriteUInt64((ulong)claims.Created.Ticks);
        WriteFields(ref writer, claims.Local);
        WriteFields(ref writer, claims.Peer);
        writer.WriteUInt16(claims.RemotePort);
        WriteAddress(ref writer, claims.Remote);
        writer.WriteUInt32(claims.LocalTieTag);
        writer.WriteUInt32(claims.PeerTieTag);
        Invariant.Check(writer.Written == ClaimsLength, "the length of a cookie is not what it was computed to be");
        HMACSHA256.HashData(_current, cookie[..ClaimsLength], cookie.Slice(ClaimsLength, MacLength));
    }

    /// <summary>Checks a cookie and reads what it says. Nothing in it is looked at before its MAC is found right.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="cookie">What the peer sent.</param>
    /// <param name="claims">What it says; valid also when the cookie is stale.</param>
    /// <param name="age">How old it is.</param>
    public CookieVerdict Check(Instant now, ReadOnlySpan<byte> cookie, out CookieClaims claims, out TimeSpan age)
    {
        claims = default;
        age = default;
        if (cookie.Length != Length)
        {
            return CookieVerdict.Forged;
        }

        // The key number is a hint outside our trust: a wrong one only selects a key that does not fit.
        byte[] key = cookie[0] == _keyNumber ? _current : _previous;
        Span<byte> mac = stackalloc byte[MacLength];
        HMACSHA256.HashData(key, cookie[..ClaimsLength], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, cookie[ClaimsLength..]))
        {
            return CookieVerdict.Forged;
        }

        claims = Read(cookie[..ClaimsLength]);
        age = now - claims.Created;
        return age > _lifetime ? CookieVerdict.Stale : CookieVerdict.Valid;
    }

    /// <summary>How far beyond its lifetime a cookie is.</summary>
    public TimeSpan Staleness(TimeSpan age) => age - _lifetime;

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

        _current.CopyTo(_previous, 0);
        _secrets.Fill(_current);
        _keyNumber++;
        _rotated = now;
    }

    private static void WriteFields(ref WireWriter writer, in InitFields fields)
    {
        writer.WriteUInt32(fields.InitiateTag.Value);
        writer.WriteUInt32(fields.AdvertisedWindow);
        writer.WriteUInt16(fields.OutgoingStreams);
        writer.WriteUInt16(fields.IncomingStreams);
        writer.WriteUInt32(fields.InitialTsn.Value);
    }

    private static void WriteAddress(ref WireWriter writer, in NetworkAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.WriteAddress(bytes);
        writer.WriteByte((byte)address.Family);
        writer.WriteBytes(bytes);
        writer.WriteUInt16(address.Port);
        writer.WriteUInt32(address.ScopeId);
    }

    private static CookieClaims Read(ReadOnlySpan<byte> bytes)
    {
        // Our own MAC vouches for every field and length: no read can fail.
        var reader = new WireReader(bytes);
        reader.TryReadByte(out _);
        reader.TryReadUInt64(out ulong created);
        InitFields local = ReadFields(ref reader);
        InitFields peer = ReadFields(ref reader);
        reader.TryReadUInt16(out ushort remotePort);
        NetworkAddress remote = ReadAddress(ref reader);
        reader.TryReadUInt32(out uint localTieTag);
        reader.TryReadUInt32(out uint peerTieTag);
        return new CookieClaims
        {
            Created = new Instant((long)created),
            Local = local,
            Peer = peer,
            RemotePort = remotePort,
            Remote = remote,
            LocalTieTag = localTieTag,
            PeerTieTag = peerTieTag,
        };
    }

    private static InitFields ReadFields(ref WireReader reader)
    {
        reader.TryReadUInt32(out uint tag);
        reader.TryReadUInt32(out uint window);
        reader.TryReadUInt16(out ushort outgoing);
        reader.TryReadUInt16(out ushort incoming);
        reader.TryReadUInt32(out uint tsn);
        return new InitFields(new VerificationTag(tag), window, outgoing, incoming, new Tsn(tsn));
    }

    private static NetworkAddress ReadAddress(ref WireReader reader)
    {
        reader.TryReadByte(out byte family);
        reader.TryReadBytes(16, out ReadOnlySpan<byte> bytes);
        reader.TryReadUInt16(out ushort port);
        reader.TryReadUInt32(out uint scope);
        return (NetworkFamily)family switch
        {
            NetworkFamily.IPv4 => NetworkAddress.FromIPv4(bytes[..4], port),
            NetworkFamily.IPv6 => NetworkAddress.FromIPv6(bytes, port, scope),
            _ => NetworkAddress.None,
        };
    }
}
