using System;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp.Wire;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Addresses that the program has registered (AF_CONN): each is one end of a link, and names both ends of it.</summary>
internal sealed class ConnLinks(Library library) : IDisposable
{
    private readonly ConcurrentDictionary<nint, ConnLink> _links = new();

    /// <summary>Whether an association lives on any of them.</summary>
    public bool AreBusy => _links.Values.Any(static link => link.Stack.AssociationCount > 0);

    /// <summary>All of them.</summary>
    public IEnumerable<ConnLink> All => _links.Values;

    /// <summary>One of them; null where there is none.</summary>
    public ConnLink? Find(nint address) => _links.GetValueOrDefault(address);

    /// <summary>Registers an address; a second time changes nothing.</summary>
    public void Register(nint address)
    {
        if (_links.TryGetValue(address, out _))
        {
            return;
        }

        var link = new ConnLink(library, address);
        if (!_links.TryAdd(address, link))
        {
            link.Dispose();
            return;
        }

        foreach (UsrsctpSocket socket in library.Sockets)
        {
            socket.OnRegistered(link);
        }
    }

    /// <summary>Forgets an address: nothing goes out to it or comes from it any more.</summary>
    public void Deregister(nint address)
    {
        if (!_links.TryRemove(address, out ConnLink? link))
        {
            return;
        }

        link.Dispose();
        foreach (UsrsctpSocket socket in library.Sockets)
        {
            socket.OnDeregistered(link);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint address in _links.Keys)
        {
            Deregister(address);
        }
    }
}

/// <summary>One address of the program's own, and the stack over it.</summary>
internal sealed class ConnLink : IDisposable
{
    private const int ChecksumOffset = 8;
    private const byte EcnMask = 3;

    private readonly Library _library;
    private readonly SctpInlineLink _link;
    private readonly object _loop;
    private volatile bool _isGone;

    public ConnLink(Library library, nint address)
    {
        _library = library;
        Address = address;
        _link = new SctpInlineLink(Send, library.StackOptions());
        _loop = Stack.Loop;
    }

    /// <summary>The address.</summary>
    public nint Address { get; }

    /// <summary>What lives on it.</summary>
    public SctpStack Stack => _link.Stack;

    /// <summary>Whether an association lives on it.</summary>
    public bool Runs(SctpAssociation association) => ReferenceEquals(association.Host.Loop, _loop);

    /// <summary>A packet has come.</summary>
    public void Deliver(ReadOnlySpan<byte> packet, byte ecn)
    {
        Statistics.Count(packet, isIncoming: true);
        if (_library.ChecksumsAreOffloaded && packet.Length >= PacketHeader.Length)
        {
            // Somebody else has looked at it, or nobody needs to.
            byte[] copy = packet.ToArray();
            BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(ChecksumOffset), Crc32c.Compute(copy));
            packet = copy;
        }

        // In the middle of another call nobody would be told before the end of that.
        bool isHolding = CallbackQueue.IsOutermost;
        if (isHolding)
        {
            HeldPackets.Begin();
        }

        try
        {
            _link.Deliver(packet, (EcnCodepoint)(ecn & EcnMask));
        }
        finally
        {
            if (isHolding)
            {
                HeldPackets.End();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isGone = true;
        Statistics.Keep(Stack.Loop.Endpoint.Drops);
        _ = _link.DisposeAsync().AsTask();
    }

    /// <summary>Hands a packet to the program, which may write to it.</summary>
    public unsafe void Output(Span<byte> packet, EcnCodepoint ecn)
    {
        if (_isGone)
        {
            return;                                          // what is behind the address may be freed
        }

        Statistics.Count(packet, isIncoming: false);
        if (_library.ChecksumsAreOffloaded)
        {
            packet.Slice(ChecksumOffset, sizeof(uint)).Clear();
        }

        CallbackQueue.BeginOutput();
        fixed (byte* start = packet)
        {
            _library.Output(Address, start, packet.Length, (byte)ecn);
        }

        CallbackQueue.EndOutput();
    }

    private void Send(ReadOnlySpan<byte> packet, EcnCodepoint ecn)
    {
        if (HeldPackets.TryHold(this, packet, ecn))
        {
            return;
        }

        HeldPackets.Release();
        Span<byte> copy = stackalloc byte[packet.Length];
        packet.CopyTo(copy);
        Output(copy, ecn);
    }
}
