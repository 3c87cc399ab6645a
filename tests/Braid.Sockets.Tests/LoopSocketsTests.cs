using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets.Tests;

/// <summary>Several sockets of one loop: each is received from by itself.</summary>
public sealed class LoopSocketsTests
{
    [Fact]
    public async Task One_socket_that_fails_is_told_while_the_others_have_nothing_to_say()
    {
        var silent = new Silent();
        var logger = new Told();
        var loop = new EndpointLoop(
            new Endpoint(new EndpointOptions(), new SeededRandom(1)), new Several(silent, new Broken()), new MonotonicClock(TimeProvider.System), logger);
        Assert.IsType<TimeZoneNotFoundException>(await logger.Failure.Task.WaitAsync(TimeSpan.FromSeconds(60)));
        loop.Life.Release();
        await loop.Life.IsFreed.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private sealed class Several(params IDatagramSource[] sources) : IDatagramTransport
    {
        public IReadOnlyList<IDatagramSource> Sources => sources;

        public IReadOnlyList<IPEndPoint> LocalEndPoints => [];

        public bool IsPointToPoint => false;

        public bool HasEphemeralPort => false;

        public NetworkFamilies Families => NetworkFamilies.All;

        public int EncapsulationOverhead => 8;

        public int LargestPacket => ushort.MaxValue;

        public Socket? Socket => null;

        public bool TryBePolled() => false;

        public ValueTask<DatagramBatch?> ReceiveAsync() => throw new NotSupportedException();

        public DatagramBatch? TryReceive() => null;

        public void Send(DatagramBatch batch)
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class Silent : IDatagramSource
    {
        public SafeHandle? PollHandle => null;

        public ValueTask<DatagramBatch?> ReceiveAsync() => new(new TaskCompletionSource<DatagramBatch?>().Task);

        public DatagramBatch? TryReceive() => null;
    }

    private sealed class Broken : IDatagramSource
    {
        public SafeHandle? PollHandle => null;

        public ValueTask<DatagramBatch?> ReceiveAsync() => ValueTask.FromException<DatagramBatch?>(new TimeZoneNotFoundException());

        public DatagramBatch? TryReceive() => null;
    }

    private sealed class Told : ILogger
    {
        public TaskCompletionSource<Exception?> Failure { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Failure.TrySetResult(exception);
    }
}
