using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Braid.Core;
using Braid.Ice.Stun;
using Braid.Ice.Turn;

namespace Braid.Simulation;

/// <summary>A TURN server by the text of RFC 8656, for one user, without sockets.</summary>
internal sealed class TurnServer(NetworkAddress address, Func<Instant> clock)
{
    private const string Realm = "example.org";
    private readonly Dictionary<NetworkAddress, Allocation> _allocations = [];
    private ushort _nextPort = 50_000;
    private readonly int _nonce = 1;

    internal sealed class Allocation(NetworkAddress client)
    {
        public NetworkAddress Client { get; } = client;

        public List<NetworkAddress> Relayed { get; } = [];

        public Instant Expires { get; set; }

        public StunTransactionId AllocatedBy { get; init; }

        public Dictionary<NetworkAddress, Instant> Permissions { get; } = [];

        public Dictionary<ushort, (NetworkAddress Peer, Instant Expires)> Channels { get; } = [];
    }

    public NetworkAddress Address { get; } = address;

    public string Username { get; set; } = "user";

    public string Password { get; set; } = "pass";

    public StunPasswordAlgorithm? Algorithm { get; set; }

    public int ForcedError { get; set; }

    public StunMethod? ForcedErrorMethod { get; set; }

    public NetworkAddress Alternate { get; set; }

    public TimeSpan NonceLifetime { get; set; } = TimeSpan.FromHours(1);

    public bool SignsWrongly { get; set; }

    public List<string> Requests { get; } = [];

    public IReadOnlyCollection<Allocation> Allocations => _allocations.Values;

    public long ChannelMessages { get; private set; }

    public long Indications { get; private set; }

    /// <summary>A datagram to the server itself, or to an address that it lends.</summary>
    public (NetworkAddress From, NetworkAddress To, byte[] Bytes)[] Handle(NetworkAddress from, NetworkAddress to, byte[] bytes)
    {
        Expire();
        return to == Address ? HandleClient(from, bytes) : HandlePeer(from, to, bytes);
    }

    private (NetworkAddress, NetworkAddress, byte[])[] HandlePeer(NetworkAddress from, NetworkAddress to, byte[] bytes)
    {
        Allocation? allocation = _allocations.Values.FirstOrDefault(candidate => candidate.Relayed.Contains(to));
        if (allocation is null || !allocation.Permissions.ContainsKey(from.WithPort(0)))
        {
            return [];
        }

        byte[] buffer = new byte[bytes.Length + 100];
        foreach ((ushort number, (NetworkAddress peer, _)) in allocation.Channels)
        {
            if (peer == from)
            {
                ChannelMessages++;
                int framed = ChannelData.Write(buffer, number, bytes, isPadded: false);
                return [(Address, allocation.Client, buffer[..framed])];
            }
        }

        Indications++;
        var writer = new StunWriter(buffer, StunClass.Indication, StunMethod.Data, default);
        writer.AddAddress(StunAttributeType.XorPeerAddress, from);
        writer.Add(StunAttributeType.Data, bytes);
        return [(Address, allocation.Client, buffer[..writer.Finish()])];
    }

    private (NetworkAddress, NetworkAddress, byte[])[] HandleClient(NetworkAddress from, byte[] bytes)
    {
        _allocations.TryGetValue(from, out Allocation? allocation);
        if (ChannelData.TryRead(bytes, out ushort number, out ReadOnlySpan<byte> data))
        {
            ChannelMessages++;
            return allocation is not null && allocation.Channels.TryGetValue(number, out (NetworkAddress Peer, Instant) channel)
                ? Relay(allocation, channel.Peer, data)
                : [];
        }

        if (!StunView.TryRead(bytes, out StunView request))
        {
            return [];
        }

        if (request is { Class: StunClass.Indication, Method: StunMethod.Send })
        {
            Indications++;
            return allocation is not null && request.TryReadAddress(StunAttributeType.XorPeerAddress, out NetworkAddress peer)
                && request.TryFind(StunAttributeType.Data, out data)
                ? Relay(allocation, peer, data)
                : [];
        }

        if (request.Class != StunClass.Request)
        {
            return [];
        }

        byte[] buffer = new byte[1000];
        if (request.Method == StunMethod.Binding)
        {
            return [(Address, from, buffer[..StunBinding.Answer(request, from, buffer)])];
        }

        Requests.Add(request.Method.ToString());
        return [(Address, from, buffer[..Answer(request, from, allocation, buffer)])];
    }

    private static (NetworkAddress, NetworkAddress, byte[])[] Relay(Allocation allocation, NetworkAddress peer, ReadOnlySpan<byte> data)
    {
        NetworkAddress relayed = allocation.Relayed.Find(candidate => candidate.Family == peer.Family);
        return allocation.Permissions.ContainsKey(peer.WithPort(0)) && relayed.Family != NetworkFamily.None ? [(relayed, peer, data.ToArray())] : [];
    }

    private int Answer(in StunView request, NetworkAddress from, Allocation? allocation, byte[] buffer)
    {
        byte[] key = LongTermCredentials.DeriveKey(Username, Realm, Password, Algorithm ?? StunPasswordAlgorithm.Md5);
        if (request.VerifyIntegrity(key) != StunIntegrity.Valid)
        {
            return Challenge(request, buffer, StunError.Unauthenticated);
        }

        request.TryFind(StunAttributeType.Nonce, out ReadOnlySpan<byte> nonce);
        if (Encoding.ASCII.GetString(nonce) != Nonce())
        {
            return Challenge(request, buffer, StunError.StaleNonce);
        }

        if (ForcedError != 0 && (ForcedErrorMethod is null || ForcedErrorMethod == request.Method))
        {
            return Error(request, buffer, ForcedError, key);
        }

        bool isSame = allocation is not null && allocation.AllocatedBy == request.TransactionId;
        return request.Method switch
        {
            StunMethod.Allocate when allocation is not null && !isSame => Error(request, buffer, StunError.AllocationMismatch, key),
            StunMethod.Allocate => Allocate(request, from, allocation, buffer, key),
            _ when allocation is null => Error(request, buffer, StunError.AllocationMismatch, key),
            StunMethod.Refresh => Refresh(request, allocation, buffer, key),
            StunMethod.CreatePermission => Permit(request, allocation, buffer, key),
            StunMethod.ChannelBind => Bind(request, allocation, buffer, key),
            _ => Error(request, buffer, StunError.BadRequest, key),
        };
    }

    private int Allocate(in StunView request, NetworkAddress from, Allocation? allocation, byte[] buffer, byte[] key)
    {
        if (!request.TryReadUInt32(StunAttributeType.RequestedTransport, out uint transport) || transport >> 24 != 17)
        {
            return Error(request, buffer, StunError.UnsupportedTransport, key);
        }

        if (allocation is null)
        {
            allocation = new Allocation(from) { AllocatedBy = request.TransactionId };
            bool wantsSix = request.TryReadUInt32(StunAttributeType.RequestedAddressFamily, out uint family) && family >> 24 == 2;
            bool wantsBoth = request.Has(StunAttributeType.AdditionalAddressFamily);
            if (!wantsSix)
            {
                allocation.Relayed.Add((Address.Family == NetworkFamily.IPv4 ? Address : NetworkAddress.FromIPv4([203, 0, 113, 77], 0)).WithPort(_nextPort++));
            }

            if (wantsSix || wantsBoth)
            {
                allocation.Relayed.Add(NetworkAddress.FromIPv6([0x20, 1, 0xD, 0xB8, 0, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 0).WithPort(_nextPort++));
            }

            _allocations[from] = allocation;
        }

        uint seconds = LifetimeOf(request, allocation);
        var writer = new StunWriter(buffer, StunClass.SuccessResponse, request.Method, request.TransactionId);
        foreach (NetworkAddress relayed in allocation.Relayed)
        {
            writer.AddAddress(StunAttributeType.XorRelayedAddress, relayed);
        }

        writer.AddUInt32(StunAttributeType.Lifetime, seconds);
        writer.AddAddress(StunAttributeType.XorMappedAddress, from);
        return Sign(ref writer, key);
    }

    private int Refresh(in StunView request, Allocation allocation, byte[] buffer, byte[] key)
    {
        uint seconds = LifetimeOf(request, allocation);
        if (seconds == 0)
        {
            _allocations.Remove(allocation.Client);
        }

        var writer = new StunWriter(buffer, StunClass.SuccessResponse, request.Method, request.TransactionId);
        writer.AddUInt32(StunAttributeType.Lifetime, seconds);
        return Sign(ref writer, key);
    }

    private int Permit(in StunView request, Allocation allocation, byte[] buffer, byte[] key)
    {
        request.TryReadAddress(StunAttributeType.XorPeerAddress, out NetworkAddress peer);
        if (!allocation.Relayed.Exists(relayed => relayed.Family == peer.Family))
        {
            return Error(request, buffer, StunError.PeerAddressFamilyMismatch, key);
        }

        allocation.Permissions[peer.WithPort(0)] = clock() + TimeSpan.FromMinutes(5);
        var writer = new StunWriter(buffer, StunClass.SuccessResponse, request.Method, request.TransactionId);
        return Sign(ref writer, key);
    }

    private int Bind(in StunView request, Allocation allocation, byte[] buffer, byte[] key)
    {
        request.TryReadAddress(StunAttributeType.XorPeerAddress, out NetworkAddress peer);
        request.TryReadUInt32(StunAttributeType.ChannelNumber, out uint value);
        ushort number = (ushort)(value >> 16);
        bool isOther = allocation.Channels.TryGetValue(number, out (NetworkAddress Peer, Instant) bound) && bound.Peer != peer;
        if (number is < 0x4000 or > 0x4FFF || isOther)
        {
            return Error(request, buffer, StunError.BadRequest, key);
        }

        allocation.Channels[number] = (peer, clock() + TimeSpan.FromMinutes(10));
        allocation.Permissions[peer.WithPort(0)] = clock() + TimeSpan.FromMinutes(5);
        var writer = new StunWriter(buffer, StunClass.SuccessResponse, request.Method, request.TransactionId);
        return Sign(ref writer, key);
    }

    private int Challenge(in StunView request, byte[] buffer, int code)
    {
        var writer = new StunWriter(buffer, StunClass.ErrorResponse, request.Method, request.TransactionId);
        writer.AddError(code);
        writer.Add(StunAttributeType.Realm, Realm);
        writer.Add(StunAttributeType.Nonce, Nonce());
        if (Algorithm is { } algorithm)
        {
            Span<byte> value = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(value, (uint)algorithm << 16);
            writer.Add(StunAttributeType.PasswordAlgorithms, value);
        }

        return writer.Finish();
    }

    private int Error(in StunView request, byte[] buffer, int code, byte[] key)
    {
        var writer = new StunWriter(buffer, StunClass.ErrorResponse, request.Method, request.TransactionId);
        writer.AddError(code);
        if (code == StunError.TryAlternate)
        {
            writer.AddAddress(StunAttributeType.AlternateServer, Alternate);
        }

        return Sign(ref writer, key);
    }

    private int Sign(ref StunWriter writer, byte[] key)
    {
        StunIntegrityAlgorithm integrity = Algorithm is null ? StunIntegrityAlgorithm.Sha1 : StunIntegrityAlgorithm.Sha256;
        writer.AddIntegrity(integrity, SignsWrongly ? new byte[16] : key);
        return writer.Finish();
    }

    private uint LifetimeOf(in StunView request, Allocation allocation)
    {
        uint seconds = request.TryReadUInt32(StunAttributeType.Lifetime, out uint asked) ? asked : 600;
        seconds = seconds == 0 ? 0 : Math.Clamp(seconds, 600, 3600);
        allocation.Expires = clock() + TimeSpan.FromSeconds(seconds);
        return seconds;
    }

    private string Nonce()
    {
        long age = clock().Ticks / NonceLifetime.Ticks;
        string cookie = Algorithm is null ? "" : "obMatJos2gAAA";
        return $"{cookie}nonce-{_nonce}-{age}";
    }

    private void Expire()
    {
        foreach (Allocation allocation in _allocations.Values.ToArray())
        {
            foreach (NetworkAddress peer in allocation.Permissions.Where(entry => entry.Value <= clock()).Select(entry => entry.Key).ToArray())
            {
                allocation.Permissions.Remove(peer);
            }

            foreach (ushort number in allocation.Channels.Where(entry => entry.Value.Expires <= clock()).Select(entry => entry.Key).ToArray())
            {
                allocation.Channels.Remove(number);
            }

            if (allocation.Expires <= clock())
            {
                _allocations.Remove(allocation.Client);
            }
        }
    }
}
