using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sockets;

namespace Braid.WebRtc.Network;

/// <summary>
/// Multicast DNS on this host's interfaces, for all peers of a process. Its sockets are open only while somebody waits for a name or
/// has one of his own; they share port 5353 with other programs, and where that cannot be had, names are resolved by one-shot queries.
/// </summary>
internal sealed class MdnsService : IDisposable
{
    private static readonly IPAddress s_group4 = IPAddress.Parse("224.0.0.251");
    private static readonly IPAddress s_group6 = IPAddress.Parse("ff02::fb");

    private readonly Func<IReadOnlyList<InterfaceAddress>> _readInterfaces;
    private readonly MonotonicClock _clock;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();

    // Guarded by the gate.
    private readonly Dictionary<string, List<Action<NetworkAddress>>> _waiting = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Socket> _sockets = [];
    private IReadOnlyList<InterfaceAddress> _interfaces = [];
    private MdnsNode? _node;

    /// <param name="readInterfaces">Says on which interfaces it speaks.</param>
    /// <param name="timeProvider">Where time comes from.</param>
    public MdnsService(Func<IReadOnlyList<InterfaceAddress>> readInterfaces, TimeProvider timeProvider)
    {
        _readInterfaces = readInterfaces;
        _clock = new MonotonicClock(timeProvider);
        _timer = timeProvider.CreateTimer(static state => ((MdnsService)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>On all interfaces that lead out of this host.</summary>
    public static MdnsService Shared { get; } = new(ReadMulticastInterfaces, TimeProvider.System);

    /// <summary>Whether its sockets are open.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return _node is not null;
            }
        }
    }

    /// <summary>Looks for the address of a name in .local.</summary>
    /// <param name="name">The name.</param>
    /// <param name="onResolved">Gets it, or none; on any thread, once.</param>
    public void Resolve(string name, Action<NetworkAddress> onResolved)
    {
        bool isAsked;
        lock (_gate)
        {
            isAsked = TryOpen() is { } node && node.Resolve(_clock.Now, name);
            if (isAsked)
            {
                if (!_waiting.TryGetValue(name, out List<Action<NetworkAddress>>? waiting))
                {
                    _waiting.Add(name, waiting = []);
                }

                waiting.Add(onResolved);
            }
        }

        Drain();
        if (!isAsked)
        {
            onResolved(NetworkAddress.None);
        }
    }

    /// <summary>Makes a name that stands for an address, and answers for it until it is withdrawn.</summary>
    /// <returns>The name; null where nobody could be answered.</returns>
    public string? Publish(in NetworkAddress address)
    {
        lock (_gate)
        {
            if (TryOpen() is not { } node || !IsListening)
            {
                return null;
            }

            string name = $"{Guid.NewGuid():D}.local";
            node.Publish(name, address);
            return name;
        }
    }

    /// <summary>Answers for a name no longer.</summary>
    public void Withdraw(string name)
    {
        lock (_gate)
        {
            _node?.Withdraw(name);
        }

        Drain();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            CloseSockets();
            _timer.Dispose();
        }
    }

    // Whether we hear what the group is asked.
    private bool IsListening => _sockets.Exists(socket => ((IPEndPoint)socket.LocalEndPoint!).Port == MdnsNode.Port);

    private static IReadOnlyList<InterfaceAddress> ReadMulticastInterfaces()
    {
        IReadOnlyList<InterfaceAddress> all = InterfaceAddresses.Read();
        List<InterfaceAddress> outside = [];
        foreach (InterfaceAddress address in all)
        {
            if (address.Address.Scope != NetworkScope.Host)
            {
                outside.Add(address);
            }
        }

        return outside.Count > 0 ? outside : all;
    }

    // Under the gate.
    private MdnsNode? TryOpen()
    {
        if (_node is not null)
        {
            return _node;
        }

        _interfaces = _readInterfaces();
        foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            bool isThere = false;
            foreach (InterfaceAddress own in _interfaces)
            {
                isThere |= IsOf(own, family);
            }

            if (isThere && (TryOpen(family, MdnsNode.Port) ?? TryOpen(family, 0)) is { } socket)
            {
                _sockets.Add(socket);
            }
        }

        if (_sockets.Count == 0)
        {
            return null;
        }

        _node = new MdnsNode(isOneShot: !IsListening);
        foreach (Socket socket in _sockets)
        {
            _ = ReceiveAsync(socket, _node);
        }

        return _node;
    }

    private Socket? TryOpen(AddressFamily family, int port)
    {
        bool isIPv6 = family == AddressFamily.InterNetworkV6;
        Socket? socket = null;
        try
        {
            socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
            if (isIPv6)
            {
                socket.DualMode = false;
            }

            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, port != 0);
            socket.Bind(new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            socket.SetSocketOption(isIPv6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, 255);      // §11
            int joined = 0;
            foreach (InterfaceAddress own in _interfaces)
            {
                joined += IsOf(own, family) && TryJoin(socket, own, family) ? 1 : 0;
            }

            if (joined > 0 || port == 0)
            {
                return socket;
            }
        }
        catch (SocketException)
        {
            // It is another program's alone.
        }

        socket?.Dispose();
        return null;
    }

    private static bool IsOf(in InterfaceAddress own, AddressFamily family) =>
        (own.Address.Family == NetworkFamily.IPv6) == (family == AddressFamily.InterNetworkV6);

    private static bool TryJoin(Socket socket, in InterfaceAddress own, AddressFamily family)
    {
        try
        {
            if (family == AddressFamily.InterNetworkV6)
            {
                socket.SetSocketOption(
                    SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(s_group6, own.InterfaceIndex));
            }
            else
            {
                socket.SetSocketOption(
                    SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(s_group4, own.Address.ToIPEndPoint().Address));
            }

            return true;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode == SocketError.AddressAlreadyInUse;     // it has another address there
        }
    }

    private async Task ReceiveAsync(Socket socket, MdnsNode node)
    {
        byte[] buffer = new byte[9000];                      // §17
        var from = new SocketAddress(socket.AddressFamily);
        while (true)
        {
            try
            {
                int length = await socket.ReceiveFromAsync(buffer, SocketFlags.None, from).ConfigureAwait(false);
                NetworkAddress sender = from.ToNetworkAddress();
                lock (_gate)
                {
                    if (node != _node)
                    {
                        return;
                    }

                    if (IsOnLink(sender))
                    {
                        node.HandleDatagram(_clock.Now, sender, buffer.AsSpan(0, length));
                    }
                }

                Drain();
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.OperationAborted or SocketError.NotSocket)
            {
                return;
            }
            catch (SocketException)
            {
                // An ICMP error of something that was sent.
            }
        }
    }

    // §11: what comes from another link is not listened to.
    private bool IsOnLink(in NetworkAddress sender)
    {
        foreach (InterfaceAddress own in _interfaces)
        {
            if (own.Address.Family == sender.Family && (sender.Scope == NetworkScope.Link || AddressSelection.IsSamePrefix(own, new InterfaceAddress(sender, 0))))
            {
                return true;
            }
        }

        return false;
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _node?.HandleTimeout(_clock.Now);
        }

        Drain();
    }

    private void Drain()
    {
        List<(Action<NetworkAddress> OnResolved, NetworkAddress Address)> resolved = [];
        lock (_gate)
        {
            if (_node is not { } node)
            {
                return;
            }

            while (node.TryGetOutput(out MdnsOutput output))
            {
                Send(output);
            }

            while (node.TryGetResolution(out MdnsResolution resolution))
            {
                if (_waiting.Remove(resolution.Name, out List<Action<NetworkAddress>>? waiting))
                {
                    resolved.AddRange(waiting.ConvertAll(onResolved => (onResolved, resolution.Address)));
                }
            }

            if (node.IsIdle)
            {
                CloseSockets();
            }
            else if (!node.NextTimeout.IsNever)
            {
                TimeSpan delay = node.NextTimeout - _clock.Now;
                _timer.Change(delay > TimeSpan.Zero ? delay : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            }
        }

        foreach ((Action<NetworkAddress> onResolved, NetworkAddress address) in resolved)
        {
            onResolved(address);
        }
    }

    private void Send(in MdnsOutput output)
    {
        foreach (Socket socket in _sockets)
        {
            bool isIPv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
            if (output.To.Family != NetworkFamily.None)
            {
                if (isIPv6 == (output.To.Family == NetworkFamily.IPv6))
                {
                    TrySend(socket, output.Bytes, output.To.ToIPEndPoint());
                }

                continue;
            }

            int lastIndex = -1;
            foreach (InterfaceAddress own in _interfaces)
            {
                if (IsOf(own, socket.AddressFamily) && (!isIPv6 || own.InterfaceIndex != lastIndex) && TryChoose(socket, own, isIPv6))
                {
                    lastIndex = own.InterfaceIndex;
                    TrySend(socket, output.Bytes, new IPEndPoint(isIPv6 ? s_group6 : s_group4, MdnsNode.Port));
                }
            }
        }
    }

    private static bool TryChoose(Socket socket, in InterfaceAddress own, bool isIPv6)
    {
        try
        {
            if (isIPv6)
            {
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, own.InterfaceIndex);
            }
            else
            {
                socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, own.Address.ToIPEndPoint().Address.GetAddressBytes());
            }

            return true;
        }
        catch (SocketException)
        {
            return false;                                    // the interface has gone
        }
    }

    private static void TrySend(Socket socket, byte[] bytes, IPEndPoint to)
    {
        try
        {
            socket.SendTo(bytes, to);
        }
        catch (SocketException)
        {
            // Lost: it is asked again.
        }
    }

    // Under the gate.
    private void CloseSockets()
    {
        _node = null;
        _sockets.ForEach(static socket => socket.Dispose());
        _sockets.Clear();
    }
}
