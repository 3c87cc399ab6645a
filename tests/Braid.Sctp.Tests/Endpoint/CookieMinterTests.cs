using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests;

[Rfc(9260, "5.1.3")]
[Rfc(9260, "5.1.4")]
[Rfc(9260, "5.1.5")]
public sealed class CookieMinterTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);

    private static readonly NetworkAddress s_source = NetworkAddress.FromIPv4([10, 0, 0, 1], 12);

    private static readonly PortPair s_ports = new(10, 11);

    private static readonly CookieClaims s_claims = new()
    {
        Created = s_start,
        Local = new InitFields(new VerificationTag(1), 0, 3, 4, new Tsn(5)),
        Peer = new InitFields(new VerificationTag(6), 7, 8, 9, new Tsn(10)),
        Ports = s_ports,
        Addresses = new PeerAddresses(s_source),
        LocalTieTag = 13,
        PeerTieTag = 14,
    };

    [Fact]
    public void A_cookie_says_what_was_put_into_it()
    {
        (CookieMinter minter, byte[] cookie) = Mint();
        Assert.Equal(CookieVerdict.Valid, minter.Check(s_start + TimeSpan.FromSeconds(60), cookie, s_source, s_ports, out CookieClaims claims, out _));
        Assert.Equal(s_claims, claims);
    }

    [Fact]
    public void A_cookie_remembers_addresses_a_longer_life_an_adaptation_layer_and_extensions()
    {
        var minter = new CookieMinter(new SeededRandom(1), TimeSpan.FromSeconds(60));
        PeerAddresses addresses = s_claims.Addresses;
        addresses.TryAdd(NetworkAddress.FromIPv4([10, 0, 0, 2], 12));
        addresses.TryAdd(NetworkAddress.FromIPv6([0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 12));
        CookieClaims claims = s_claims with { Addresses = addresses, Extension = TimeSpan.FromSeconds(5), PeerAdaptation = 0xFFFFFFFF, Extensions = Extensions.Interleaving };
        var cookie = new byte[CookieMinter.MaximumLength];
        byte[] minted = cookie[..minter.Mint(s_start, claims, cookie)];
        Instant later = s_start + TimeSpan.FromSeconds(65);
        Assert.Equal(CookieVerdict.Valid, minter.Check(later, minted, s_source, s_ports, out CookieClaims read, out _));
        Assert.Equal(claims, read);
        Assert.Equal(CookieVerdict.Valid, minter.Check(later, minted, addresses[2], s_ports, out _, out _));
        Assert.Equal(CookieVerdict.Forged, minter.Check(later, minted, NetworkAddress.FromIPv4([10, 0, 0, 3], 12), s_ports, out _, out _));
    }

    [Fact, Rfc(4895, "6.3")]
    public void A_cookie_remembers_what_was_said_of_authentication_however_long()
    {
        var minter = new CookieMinter(new SeededRandom(1), TimeSpan.FromSeconds(60));
        var vectors = new KeyVectors(new byte[KeyVectors.MaximumLength], [1, 2, 3]);
        CookieClaims claims = s_claims with { Vectors = vectors, Extensions = Extensions.Authentication, PeerAdaptation = 1, Extension = TimeSpan.FromSeconds(1) };
        var cookie = new byte[CookieMinter.MaximumLength];
        byte[] minted = cookie[..minter.Mint(s_start, claims, cookie)];
        Assert.Equal(CookieVerdict.Valid, minter.Check(s_start, minted, s_source, s_ports, out CookieClaims read, out _));
        Assert.Equal(vectors.Local, read.Vectors!.Local);
        Assert.Equal(vectors.Peer, read.Vectors.Peer);
        Assert.Equal(claims, read with { Vectors = vectors });
    }

    [Fact]
    public void A_cookie_is_bound_to_host_and_ports_but_not_to_the_UDP_port()
    {
        (CookieMinter minter, byte[] cookie) = Mint();
        Assert.Equal(CookieVerdict.Valid, minter.Check(s_start, cookie, s_source.WithPort(4000), s_ports, out CookieClaims claims, out _));
        Assert.Equal(4000, claims.Addresses.Source.Port);
        Assert.Equal(CookieVerdict.Forged, minter.Check(s_start, cookie, s_source, s_ports with { Remote = 12 }, out _, out _));
        Assert.Equal(CookieVerdict.Forged, minter.Check(s_start, cookie, s_source, s_ports with { Local = 12 }, out _, out _));
        Assert.Equal(CookieVerdict.Forged, minter.Check(s_start, cookie, NetworkAddress.FromIPv4([10, 0, 0, 2], 12), s_ports, out _, out _));
    }

    [Fact]
    public void Any_bit_that_is_flipped_and_any_other_length_is_a_forgery()
    {
        (CookieMinter minter, byte[] cookie) = Mint();
        for (int bit = 0; bit < cookie.Length * 8; bit++)
        {
            cookie[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(CookieVerdict.Forged, minter.Check(s_start, cookie, s_source, s_ports, out _, out _));
            cookie[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.Equal(CookieVerdict.Forged, minter.Check(s_start, cookie.AsSpan(1), s_source, s_ports, out _, out _));
        Assert.Equal(CookieVerdict.Forged, minter.Check(s_start, [], s_source, s_ports, out _, out _));
    }

    [Fact]
    public void An_old_cookie_is_stale_and_says_by_how_much()
    {
        (CookieMinter minter, byte[] cookie) = Mint();
        Assert.Equal(CookieVerdict.Stale, minter.Check(s_start + TimeSpan.FromSeconds(61), cookie, s_source, s_ports, out _, out TimeSpan staleness));
        Assert.Equal(TimeSpan.FromSeconds(1), staleness);
    }

    [Fact]
    public void A_cookie_outlives_one_rotation_of_the_keys_and_not_two()
    {
        (CookieMinter minter, byte[] cookie) = Mint();
        var another = new byte[CookieMinter.MaximumLength];
        minter.Mint(s_start + TimeSpan.FromHours(1), s_claims, another);
        Assert.Equal(CookieVerdict.Stale, minter.Check(s_start + TimeSpan.FromHours(1), cookie, s_source, s_ports, out _, out _));
        minter.Mint(s_start + TimeSpan.FromHours(2), s_claims, another);
        Assert.Equal(CookieVerdict.Forged, minter.Check(s_start + TimeSpan.FromHours(2), cookie, s_source, s_ports, out _, out _));
    }

    [Fact]
    public void Another_endpoint_does_not_take_it()
    {
        (_, byte[] cookie) = Mint();
        var other = new CookieMinter(new SeededRandom(2), TimeSpan.FromSeconds(60));
        Assert.Equal(CookieVerdict.Forged, other.Check(s_start, cookie, s_source, s_ports, out _, out _));
    }

    private static (CookieMinter Minter, byte[] Cookie) Mint()
    {
        var minter = new CookieMinter(new SeededRandom(1), TimeSpan.FromSeconds(60));
        var cookie = new byte[CookieMinter.MaximumLength];
        return (minter, cookie[..minter.Mint(s_start, s_claims, cookie)]);
    }
}
