using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>
/// Many tasks that do anything at random over a network that loses datagrams. Whatever they do: nothing hangs, what is received
/// was sent, in order on its stream and once, and no buffer is left behind. BRAID_STRESS_SEED is the first seed of the day.
/// </summary>
public sealed class StressTests
{
    private const int Streams = StressRecord.Streams;

    private static readonly SctpAssociationOptions s_options = SctpAssociationOptions.Default with
    {
        OutgoingStreams = Streams,
        IncomingStreams = Streams,
        SendBufferSize = 16 * 1024,
        ReceiveBufferSize = 64 * 1024,
        RtoInitial = TimeSpan.FromMilliseconds(20),
        RtoMinimum = TimeSpan.FromMilliseconds(20),
        RtoMaximum = TimeSpan.FromMilliseconds(200),
        HeartbeatInterval = TimeSpan.FromMilliseconds(500),          // a lost ABORT is noticed by them alone
        Notifications = SctpNotificationKinds.All,
    };

    public static TheoryData<int> Seeds()
    {
        int first = int.TryParse(Environment.GetEnvironmentVariable("BRAID_STRESS_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 1;
        int count = int.TryParse(Environment.GetEnvironmentVariable("BRAID_STRESS_COUNT"), CultureInfo.InvariantCulture, out int many) ? many : 2;
        return [.. Enumerable.Range(first, count)];
    }

    [Theory, MemberData(nameof(Seeds))]
    public async Task Whatever_happens_nothing_hangs_is_lost_or_left_behind(int seed)
    {
        using var world = new World(seed);
        try
        {
            await world.RunAsync();
        }
        catch (OperationCanceledException) when (world.Hanging is { } hanging)
        {
            Assert.Fail(hanging);
        }
    }

    private sealed class World(int seed) : IDisposable
    {
        private const ushort ListenerPort = 5001;
        private const ushort SocketPort = 5002;

        private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));
        private readonly string[] _steps = new string[8];
        private readonly Lock _gate = new();
        private readonly Random _loss = new(seed);
        private readonly SctpMemoryNetwork _network = new();
        private readonly StressRecord _record = new();
        private readonly ConcurrentBag<Task> _readers = [];
        private volatile string? _hanging;

        /// <summary>How things stood shortly before the guard; null when it was not needed.</summary>
        public string? Hanging => _hanging;

        public async Task RunAsync()
        {
            int percent = seed % 3 * 2;
            _network.Drop = (_, _, _) =>
            {
                lock (_gate)
                {
                    return _loss.Next(100) < percent;
                }
            };
            SctpStack server = _network.Open(new IPEndPoint(IPAddress.Loopback, 1000));
            SctpStack[] clients = [_network.Open(new IPEndPoint(IPAddress.Loopback, 0)), _network.Open(new IPEndPoint(IPAddress.Loopback, 0))];
            EndpointLoop[] loops = [server.Loop, .. clients.Select(static client => client.Loop)];
            using var watch = new Timer(_ => _hanging = Describe(loops), null, TimeSpan.FromSeconds(50), Timeout.InfiniteTimeSpan);
            SctpListener listener = SctpListener.Listen(new SctpListenerOptions
            {
                Stack = server,
                Port = ListenerPort,
                Association = s_options,
                OptionsCallback = (_, _) => new(s_options),
            });
            var socket = new SctpSocket(new SctpSocketOptions
            {
                Stack = server,
                Port = SocketPort,
                Association = s_options,
                InterleavesParts = seed % 2 == 0,
            });
            socket.Listen();
            Task accepting = AcceptAllAsync(listener);
            Task serving = ServeAsync(socket);
            Task connecting = Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => ConnectAllAsync(clients[i % 2], i))));
            while (!connecting.IsCompleted)
            {
                // Without its readers it would wait for ever: say why they ended.
                Task first = await Task.WhenAny(_readers.Where(static reader => !reader.IsCompletedSuccessfully).Concat([connecting, accepting, serving]))
                    .WaitAsync(_guard.Token);
                await first;
            }
            await socket.DisposeAsync().AsTask().WaitAsync(_guard.Token);
            await listener.DisposeAsync().AsTask().WaitAsync(_guard.Token);
            await accepting.WaitAsync(_guard.Token);
            await serving.WaitAsync(_guard.Token);
            foreach (Task reader in _readers)
            {
                await reader.WaitAsync(_guard.Token);
            }

            foreach (SctpStack stack in clients.Append(server))
            {
                EndpointLoop loop = stack.Loop;
                await stack.DisposeAsync().AsTask().WaitAsync(_guard.Token);
                Assert.Equal(0, stack.AssociationCount);
                while (loop.Endpoint.Buffers.Rented != 0)
                {
                    Assert.False(_guard.IsCancellationRequested, $"{loop.Endpoint.Buffers.Rented} buffers are left.");
                    await Task.Yield();                      // what was returned last is still on its way
                }
            }

            Assert.True(_record.Received > 0);
        }

        public void Dispose() => _guard.Dispose();

        private string Describe(EndpointLoop[] loops)
        {
            var text = new StringBuilder($"Seed {seed} hangs, with {_record.Received} messages received.\n");
            text.AppendJoin('\n', _steps);
            foreach (AssociationHost host in loops.SelectMany(static loop => loop.Life.Hosts))
            {
                Task<AssociationStatistics> asked = host.AskAsync(static (core, _) => core.GetStatistics());
                string answer = asked.Wait(TimeSpan.FromSeconds(1)) ? $"{asked.Result}" : "its loop does not run";
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"\n{host.Id} of {host.Core.LocalPort} to {host.Core.RemotePort}: {host.BufferedAmount} bytes to send, {host.Inbox.Messages.Count} messages to read; {answer}");
            }

            return text.ToString();
        }

        private async Task ConnectAllAsync(SctpStack stack, int task)
        {
            var random = new Random((seed * 1000) + task);
            for (int round = 0; round < 8; round++)
            {
                int id = (task * 100) + round;
                var sent = new StressSent();
                _record.Senders[id] = sent;
                _steps[task] = $"Task {task} connects in round {round}.";
                using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(_guard.Token);
                if (random.Next(8) == 0)
                {
                    cancelled.CancelAfter(random.Next(3));
                }

                try
                {
                    SctpAssociation client = await SctpAssociation.ConnectAsync(
                        new SctpConnectOptions
                        {
                            Stack = stack,
                            RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, 1000)],
                            RemotePort = random.Next(2) == 0 ? ListenerPort : SocketPort,
                            Association = s_options,
                        },
                        cancelled.Token);
                    _steps[task] = $"Task {task} sends in round {round}, as {client.Id}.";
                    await SendAllAsync(client, id, sent, new Random(random.Next()));
                }
                catch (Exception exception) when (IsExpected(exception))
                {
                }
            }

            _steps[task] = $"Task {task} is done.";
        }

        private async Task SendAllAsync(SctpAssociation client, int id, StressSent sent, Random random)
        {
            try
            {
                await Task.WhenAll(Enumerable.Range(0, Streams).Select(stream => Task.Run(
                    () => SendOnAsync(client, client.GetStream((ushort)stream), id, sent, new Random(random.Next() + stream)))));
                if (random.Next(2) == 0)
                {
                    await client.ShutdownAsync(_guard.Token);
                    sent.IsDelivered = true;
                }
            }
            catch (Exception exception) when (IsExpected(exception))
            {
            }
            finally
            {
                _steps[id / 100] += " It disposes.";
                await client.DisposeAsync();
            }
        }

        private async Task SendOnAsync(SctpAssociation client, SctpStream stream, int id, StressSent sent, Random random)
        {
            int count = random.Next(40);
            for (int i = 0; i < count; i++)
            {
                int number = sent.Next[stream.Id];
                switch (random.Next(40))
                {
                    case 0:
                        using (SctpMessage message = client.TryReceive(out SctpMessage received) ? received : default)
                        {
                            continue;
                        }

                    case 1:
                        client.Abort("as you like it");
                        return;
                    case 2 when sent.TryWrite():
                        try
                        {
                            await WriteAsync(stream, StressRecord.Message(id, stream.Id, number, 100_000 + random.Next(100_000)), random);
                            break;
                        }
                        finally
                        {
                            sent.EndWrite();
                        }

                    case 3:
                        // On a thread of its own: who blocks the pool's waits for those that would unblock him.
                        byte[] blocking = StressRecord.Message(id, stream.Id, number, StressRecord.Header + random.Next(3000));
                        await Task.Factory.StartNew(
                            () => stream.Send(blocking), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                        break;
                    case < 10:
                        if (!stream.TrySend(StressRecord.Message(id, stream.Id, number, StressRecord.Header + random.Next(100))))
                        {
                            await stream.WaitToSendAsync(random.Next(1, 30_000), _guard.Token);
                            continue;
                        }

                        break;
                    case < 14:
                        using (var cancelled = CancellationTokenSource.CreateLinkedTokenSource(_guard.Token))
                        {
                            ValueTask sending = stream.SendAsync(StressRecord.Message(id, stream.Id, number, StressRecord.Header + random.Next(9000)), cancelled.Token);
                            await cancelled.CancelAsync();
                            try
                            {
                                await sending;
                            }
                            catch (OperationCanceledException)
                            {
                                continue;                    // so the number is not used
                            }
                        }

                        break;
                    default:
                        await stream.SendAsync(StressRecord.Message(id, stream.Id, number, StressRecord.Header + random.Next(6000)), _guard.Token);
                        break;
                }

                sent.Next[stream.Id]++;
            }
        }

        private async Task WriteAsync(SctpStream stream, byte[] message, Random random)
        {
            await using SctpMessageStream writer = stream.OpenMessageWriter();
            for (int at = 0; at < message.Length;)
            {
                int count = Math.Min(message.Length - at, random.Next(1, 30_000));
                await writer.WriteAsync(message.AsMemory(at, count), _guard.Token);
                at += count;
            }

            await writer.CompleteAsync(_guard.Token);
        }

        private async Task AcceptAllAsync(SctpListener listener)
        {
            var random = new Random(seed + 1);
            await foreach (SctpAssociation association in listener.AcceptAllAsync(_guard.Token))
            {
                int how = random.Next();
                _readers.Add(Task.Run(() => ReadAsync(association, new Random(how))));
            }
        }

        private async Task ServeAsync(SctpSocket socket)
        {
            var random = new Random(seed + 2);
            var checkers = new Dictionary<SctpAssociationId, StressChecker>();
            try
            {
                while (true)
                {
                    using SctpReceived received = await socket.ReceiveAsync(_guard.Token);
                    if (received.Notification is { } notification)
                    {
                        if (notification is SctpNotification.AssociationChange { Change: SctpAssociationChange.Up }
                            && !checkers.ContainsKey(notification.AssociationId) && random.Next(3) == 0)
                        {
                            PeelOff(socket, notification.AssociationId, random);
                        }

                        continue;
                    }

                    if (!checkers.TryGetValue(received.AssociationId, out StressChecker? checker))
                    {
                        checkers.Add(received.AssociationId, checker = new StressChecker(_record));
                    }

                    SctpMessage message = received.Message;
                    checker.Take(message.Info.StreamId, message.ToArray(), message.Info.EndOfRecord);
                    if (random.Next(200) == 0)
                    {
                        TryAbort(socket, received.AssociationId);
                    }
                }
            }
            catch (Exception exception) when (IsExpected(exception))
            {
            }
        }

        private static void TryAbort(SctpSocket socket, SctpAssociationId id)
        {
            try
            {
                socket.Abort(id);
            }
            catch (SctpException)
            {
                // It has ended already.
            }
        }

        private void PeelOff(SctpSocket socket, SctpAssociationId id, Random random)
        {
            try
            {
                SctpAssociation peeled = socket.PeelOff(id);
                int how = random.Next();
                _readers.Add(Task.Run(() => ReadAsync(peeled, new Random(how))));
            }
            catch (SctpException)
            {
                // It has ended already.
            }
        }

        private async Task ReadAsync(SctpAssociation association, Random random)
        {
            var checker = new StressChecker(_record);
            bool wasClosed = false;
            try
            {
                switch (random.Next(4))
                {
                    case 0:
                        await ReadAllAsync(association, checker, random);
                        break;
                    case 1:
                        await Task.WhenAll(Enumerable.Range(0, Streams).Select(
                            stream => ReadStreamAsync(association.GetStream((ushort)stream), checker, new Random(random.Next()))));
                        break;
                    case 2:
                        await AcceptStreamsAsync(association, checker, random);
                        break;
                    default:
                        await CopyAsync(association, checker, random);
                        break;
                }
            }
            catch (SctpException exception) when (exception.Error == SctpError.AssociationClosed)
            {
                wasClosed = true;
            }
            catch (Exception exception) when (IsExpected(exception))
            {
            }
            finally
            {
                await association.DisposeAsync();
            }

            if (wasClosed)
            {
                checker.CheckAll();
            }
        }

        private async Task ReadAllAsync(SctpAssociation association, StressChecker checker, Random random)
        {
            while (random.Next(500) != 0)
            {
                using SctpMessage message = await CancelSometimesAsync(association.ReceiveAsync, random);
                checker.Take(message.Info.StreamId, message.ToArray(), message.Info.EndOfRecord);
            }
        }

        private async Task ReadStreamAsync(SctpStream stream, StressChecker checker, Random random)
        {
            while (true)
            {
                using SctpMessage message = await CancelSometimesAsync(stream.ReceiveAsync, random);
                checker.Take(message.Info.StreamId, message.ToArray(), message.Info.EndOfRecord);
            }
        }

        private async Task AcceptStreamsAsync(SctpAssociation association, StressChecker checker, Random random)
        {
            var reading = new List<Task>();
            try
            {
                while (true)
                {
                    SctpStream stream = await CancelSometimesAsync(association.AcceptStreamAsync, random);
                    reading.Add(ReadStreamAsync(stream, checker, new Random(random.Next())));
                }
            }
            catch (SctpException)
            {
                await Task.WhenAll(reading);
                throw;
            }
        }

        private async Task CopyAsync(SctpAssociation association, StressChecker checker, Random random)
        {
            byte[] buffer = new byte[1000];
            while (random.Next(1000) != 0)
            {
                SctpReceiveResult result = await CancelSometimesAsync(token => association.ReceiveAsync(buffer.AsMemory(), token), random);
                checker.Take(result.Info.StreamId, buffer.AsSpan(0, result.Count), result.EndOfMessage);
            }
        }

        private async Task<T> CancelSometimesAsync<T>(Func<CancellationToken, ValueTask<T>> call, Random random)
        {
            while (random.Next(4) == 0)
            {
                using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(_guard.Token);
                ValueTask<T> calling = call(cancelled.Token);
                Task cancelling = Task.Run(cancelled.Cancel);
                try
                {
                    return await calling;
                }
                catch (OperationCanceledException) when (!_guard.IsCancellationRequested)
                {
                }
                finally
                {
                    await cancelling;
                }
            }

            return await call(_guard.Token);
        }

        private bool IsExpected(Exception exception) =>
            exception is SctpException { Error: not SctpError.InternalError } or ObjectDisposedException
            || (exception is OperationCanceledException && !_guard.IsCancellationRequested)
            || (exception is InvalidOperationException && exception.Message.StartsWith("A message is being written", StringComparison.Ordinal));
    }
}
