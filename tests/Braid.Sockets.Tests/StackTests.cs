using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>Several associations and listeners over one transport, and what a listener's callback may do.</summary>
public sealed class StackTests
{
    private static readonly SctpAssociationOptions s_impatient = SctpAssociationOptions.Default with
    {
        RtoInitial = TimeSpan.FromMilliseconds(20),
        RtoMinimum = TimeSpan.FromMilliseconds(20),
        RtoMaximum = TimeSpan.FromMilliseconds(40),
        MaximumRetransmissions = 50,
        MaximumInitRetransmissions = 50,
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Listeners_and_clients_share_one_stack(bool overUdp)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var network = new SctpMemoryNetwork();
        var any = new IPEndPoint(IPAddress.Loopback, 0);
        await using SctpStack left = overUdp ? SctpStack.OpenUdp(any) : network.Open(any);
        await using SctpStack right = overUdp ? SctpStack.OpenUdp(any) : network.Open(any);
        SctpStack[] stacks = [left, right];
        var listeners = new List<SctpListener>();
        foreach (SctpStack stack in stacks)
        {
            listeners.Add(SctpListener.Listen(new SctpListenerOptions { Stack = stack, Port = 1 }));
            listeners.Add(SctpListener.Listen(new SctpListenerOptions { Stack = stack, Port = 2 }));
        }

        var ports = new HashSet<ushort>();
        for (int i = 0; i < 20; i++)
        {
            // To and fro: each stack has both sides of associations.
            SctpStack from = stacks[i % 2];
            SctpStack to = stacks[1 - (i % 2)];
            var port = (ushort)(1 + (i / 2 % 2));
            SctpAssociation client = await SctpAssociation.ConnectAsync(
                new SctpConnectOptions { Stack = from, RemoteEndPoints = to.LocalEndPoints, RemotePort = port }, guard.Token);
            SctpAssociation server = await listeners.Single(listener => listener.LocalEndPoints[0].Equals(to.LocalEndPoints[0]) && listener.Port == port)
                .AcceptAssociationAsync(guard.Token);
            Assert.InRange(client.LocalPort, 49152, 65535);
            Assert.True(i % 2 == 1 || ports.Add(client.LocalPort));
            Assert.Equal((client.LocalPort, port), (server.RemotePort, server.LocalPort));
            await client.SendAsync(new[] { (byte)i }, default, guard.Token);
            using SctpMessage message = await server.ReceiveAsync(guard.Token);
            Assert.Equal(i, message.ToArray()[0]);
        }

        Assert.Equal((20, 20), (left.AssociationCount, right.AssociationCount));
    }

    /// <summary>Runs in a process of its own, which is told that there is no IPv6.</summary>
    [Fact]
    public async Task Where_there_is_no_IPv6_every_address_means_every_IPv4_address()
    {
        const string NoIPv6 = "DOTNET_SYSTEM_NET_DISABLEIPV6";
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        if (Environment.GetEnvironmentVariable(NoIPv6) != "1")
        {
            string name = $"{typeof(StackTests).FullName}.{nameof(Where_there_is_no_IPv6_every_address_means_every_IPv4_address)}";
            var start = new ProcessStartInfo(Environment.ProcessPath!, ["--no-progress", "--filter-method", name]) { RedirectStandardOutput = true };
            start.Environment[NoIPv6] = "1";
            using Process child = Process.Start(start)!;
            string output = await child.StandardOutput.ReadToEndAsync(guard.Token);
            await child.WaitForExitAsync(guard.Token);
            Assert.True(child.ExitCode == 0, output);
            return;
        }

        Assert.False(Socket.OSSupportsIPv6);
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions { Port = 1, ListenEndPoints = [new IPEndPoint(IPAddress.IPv6Any, 0)] }, guard.Token);
        await using var socket = new SctpSocket();
        await socket.ConnectAsync([new IPEndPoint(IPAddress.Loopback, listener.LocalEndPoints[0].Port)], 1, guard.Token);
        Assert.Equal([IPAddress.Any, IPAddress.Any], listener.LocalEndPoints.Concat(socket.LocalEndPoints).Select(static at => at.Address));
    }

    [Fact]
    public async Task A_stack_that_cannot_be_made_leaves_its_address_free()
    {
        IPEndPoint at = OwnAddress.Next();
        Assert.Throws<TimeZoneNotFoundException>(() => SctpStack.OpenUdp(at, new SctpStackOptions { TimeProvider = new NoTime() }));
        await using SctpStack stack = SctpStack.OpenUdp(at);
        Assert.Equal([at], stack.LocalEndPoints);
    }

    [Fact]
    public async Task A_port_and_an_end_point_can_be_used_once_and_again_when_they_are_free()
    {
        await using MemoryPair pair = MemoryPair.Listen();
        SctpException error = Assert.Throws<SctpException>(() => SctpListener.Listen(new SctpListenerOptions { Stack = pair.ServerStack, Port = MemoryPair.Port }));
        Assert.Equal(SctpError.AddressUnavailable, error.Error);
        error = Assert.Throws<SctpException>(() => pair.Network.Open(pair.ServerStack.LocalEndPoints[0]));
        Assert.Equal(SctpError.AddressUnavailable, error.Error);
        await pair.Listener.DisposeAsync();
        await using SctpListener again = SctpListener.Listen(new SctpListenerOptions { Stack = pair.ServerStack, Port = MemoryPair.Port });
        SctpAssociation client = await pair.ConnectAsync();
        SctpAssociation server = await again.AcceptAssociationAsync(pair.Guard);
        Assert.Equal(client.LocalPort, server.RemotePort);
        await pair.ClientStack.DisposeAsync();
        await using SctpStack at = pair.Network.Open(new IPEndPoint(IPAddress.Loopback, 2));
    }

    [Fact]
    public async Task Two_associations_between_the_same_ports_are_one_too_many()
    {
        await using MemoryPair pair = MemoryPair.Listen();
        SctpConnectOptions options = pair.Options() with { LocalPort = 7 };
        await SctpAssociation.ConnectAsync(options, pair.Guard);
        await PairAssert.EndsAsync(SctpError.AlreadyConnected, async () => await SctpAssociation.ConnectAsync(options, pair.Guard));
    }

    [Fact]
    public async Task A_network_that_loses_datagrams_loses_no_messages()
    {
        await using MemoryPair pair = MemoryPair.Listen(s_impatient);
        var random = new Random(5);
        var gate = new Lock();
        pair.Network.Drop = (_, _, _) =>
        {
            lock (gate)
            {
                return random.Next(8) == 0;                  // the handshake as well
            }
        };
        SctpAssociation client = await pair.ConnectAsync(s_impatient);
        SctpAssociation server = await pair.Listener.AcceptAssociationAsync(pair.Guard);
        for (int i = 0; i < 100; i++)
        {
            await client.SendAsync(MemoryPair.Pattern(1 + (i * 37)), default, pair.Guard);
        }

        for (int i = 0; i < 100; i++)
        {
            using SctpMessage message = await server.ReceiveAsync(pair.Guard);
            Assert.Equal(MemoryPair.Pattern(1 + (i * 37)), message.ToArray());
        }

        pair.Network.Drop = null;
        await client.ShutdownAsync(pair.Guard);
    }

    [Fact]
    public async Task A_network_that_loses_everything_is_a_timeout()
    {
        await using MemoryPair pair = MemoryPair.Listen();
        pair.Network.Drop = (source, destination, packet) =>
        {
            Assert.NotEqual(source, destination);
            return packet.Length > 0;
        };
        await PairAssert.EndsAsync(SctpError.ConnectTimeout, async () => await pair.ConnectAsync(s_impatient with { MaximumInitRetransmissions = 2 }));
        Assert.Equal(0, pair.ClientStack.AssociationCount);
    }

    [Fact]
    public async Task Disposing_a_stack_aborts_what_lives_on_it_and_ends_every_call()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        Task<SctpAssociation> accepting = pair.Listener.AcceptAssociationAsync(pair.Guard).AsTask();
        Task<SctpMessage> receiving = pair.Server.ReceiveAsync(pair.Guard).AsTask();
        await pair.ServerStack.DisposeAsync();
        await pair.ServerStack.DisposeAsync();
        await PairAssert.EndsAsync(SctpError.OperationAborted, () => receiving);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting);
        SctpException end = await PairAssert.EndsAsync(SctpError.PeerAborted, () => pair.Client.Closed.WaitAsync(pair.Guard));
        Assert.Equal("the stack was closed", end.PeerReason);
        Assert.Equal(0, pair.ServerStack.AssociationCount);
        Assert.NotNull(pair.ServerStack.GetDrops());
        pair.Listener.SetOption(SctpOptions.Context, 4u);
        await pair.Listener.DisposeAsync();
    }

    [Fact]
    public async Task On_a_disposed_stack_nothing_begins()
    {
        await using MemoryPair pair = MemoryPair.Listen();
        SctpConnectOptions options = pair.Options();
        await pair.ClientStack.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await SctpAssociation.ConnectAsync(options, pair.Guard));
        Assert.Throws<ObjectDisposedException>(() => SctpAssociation.Connect(options, TimeSpan.FromSeconds(30)));
        Assert.Throws<ObjectDisposedException>(() => SctpListener.Listen(new SctpListenerOptions { Stack = pair.ClientStack, Port = 3 }));
    }

    [Fact]
    public async Task A_callback_gives_an_association_options_of_its_own()
    {
        SctpIncomingAssociation seen = default;
        await using MemoryPair pair = MemoryPair.Listen(listener: options => options with
        {
            OptionsCallback = async (incoming, _) =>
            {
                seen = incoming;
                await Task.Yield();
                return SctpAssociationOptions.Default with { Context = 12, MaximumMessageSize = 5, IncomingStreams = 3 };
            },
        });
        SctpAssociation client = await pair.ConnectAsync(SctpAssociationOptions.Default with { OutgoingStreams = 6, AdaptationIndication = 9 });
        SctpAssociation server = await pair.Listener.AcceptAssociationAsync(pair.Guard);
        Assert.Equal(new SctpIncomingAssociation(pair.ClientStack.LocalEndPoints[0], client.LocalPort, 1024, 6, 9), seen);
        Assert.Equal(12u, server.GetOption(SctpOptions.Context));
        Assert.Equal(65535, server.Options.IncomingStreams);     // promised already
        Assert.Throws<SctpException>(() => server.TrySend(new byte[6]));
    }

    [Fact]
    public async Task A_callback_refuses_by_null_by_throwing_and_by_what_cannot_be()
    {
        var answers = new Queue<Func<SctpAssociationOptions?>>(
        [
            () => null,
            () => throw new InvalidOperationException("no"),
            () => SctpAssociationOptions.Default with { MaximumBurst = -1 },
        ]);
        await using MemoryPair pair = MemoryPair.Listen(listener: options => options with
        {
            Backlog = 1,                                     // what was refused waits no longer
            OptionsCallback = (_, _) => new ValueTask<SctpAssociationOptions?>(answers.TryDequeue(out Func<SctpAssociationOptions?>? answer)
                ? answer()
                : SctpAssociationOptions.Default),
        });
        for (int i = 0; i < 3; i++)
        {
            SctpAssociation client = await pair.ConnectAsync();
            SctpException end = await PairAssert.EndsAsync(SctpError.PeerAborted, () => client.Closed.WaitAsync(pair.Guard));
            Assert.Equal("the association was refused", end.PeerReason);
        }

        await pair.ConnectAsync();
        await pair.Listener.AcceptAssociationAsync(pair.Guard);
    }

    [Fact]
    public async Task A_slow_callback_holds_up_no_other_and_is_cancelled_with_the_listener()
    {
        int count = 0;
        var cancelled = new TaskCompletionSource();
        await using MemoryPair pair = MemoryPair.Listen(listener: options => options with
        {
            OptionsCallback = async (_, token) =>
            {
                if (Interlocked.Increment(ref count) == 1)
                {
                    try
                    {
                        await Task.Delay(Timeout.Infinite, token);
                    }
                    finally
                    {
                        cancelled.SetResult();
                    }
                }

                return SctpAssociationOptions.Default;
            },
        });
        SctpAssociation slow = await pair.ConnectAsync();
        await pair.UntilAsync(() => Volatile.Read(ref count) == 1);
        SctpAssociation fast = await pair.ConnectAsync();
        SctpAssociation server = await pair.Listener.AcceptAssociationAsync(pair.Guard);
        Assert.Equal(fast.LocalPort, server.RemotePort);
        await pair.Listener.DisposeAsync();
        await cancelled.Task.WaitAsync(pair.Guard);
        await PairAssert.EndsAsync(SctpError.PeerAborted, () => slow.Closed.WaitAsync(pair.Guard));
    }

    private sealed class NoTime : TimeProvider
    {
        public override long GetTimestamp() => throw new TimeZoneNotFoundException();
    }
}
