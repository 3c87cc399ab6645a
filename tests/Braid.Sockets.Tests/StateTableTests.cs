using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>
/// <c>docs/states.md</c>: what each member does in each state. Every cell is what the call did just now; after a change that is
/// meant, <c>BRAID_UPDATE_DOCS=1</c> writes it anew.
/// </summary>
public sealed class StateTableTests
{
    private const string UpdateVariable = "BRAID_UPDATE_DOCS";

    private static readonly string[] s_states = ["established", "we shut down", "the peer shuts down", "closed gracefully", "closed by an error", "disposed"];

    private static readonly (string Member, Func<SctpAssociation, CancellationToken, Task<string>> Call)[] s_association =
    [
        ("Id, LocalPort, RemotePort, RemoteEndPoint, StreamCounts, Options", (it, _) => Done(() => Use(it.Id, it.LocalPort, it.RemotePort, it.RemoteEndPoint, it.StreamCounts, it.Options))),
        ("State", (it, _) => Task.FromResult(it.State.ToString())),
        ("Closed", (it, _) => Task.FromResult(it.Closed.IsFaulted ? "faulted" : it.Closed.IsCompleted ? "completed" : "pending")),
        ("BufferedAmount", (it, _) => Done(() => Use(it.BufferedAmount))),
        ("GetStream", (it, _) => Done(() => it.GetStream(1))),
        ("AcceptStreamAsync", (it, cancel) => Probe(() => it.AcceptStreamAsync(cancel).AsTask())),
        ("SendAsync", (it, cancel) => Probe(() => it.SendAsync(new byte[1], cancel).AsTask())),
        ("TrySend", (it, _) => Value(() => it.TrySend([1]))),
        ("Send", (it, _) => Done(() => it.Send([1], timeout: TimeSpan.Zero))),
        ("WaitToSendAsync", (it, cancel) => Probe(() => it.WaitToSendAsync(1, cancel).AsTask())),
        ("ReceiveAsync", (it, cancel) => Probe(() => it.ReceiveAsync(cancel).AsTask())),
        ("ReceiveAsync into memory", (it, cancel) => Probe(() => it.ReceiveAsync(new byte[1], cancel).AsTask())),
        ("TryReceive", (it, _) => Value(() => it.TryReceive(out SctpMessage _))),
        ("Receive", (it, _) => Done(() => it.Receive(TimeSpan.Zero))),
        ("ReadAllAsync", (it, cancel) => Probe(async () => await it.ReadAllAsync(cancel).GetAsyncEnumerator(cancel).MoveNextAsync())),
        ("ReadNotificationsAsync", (it, cancel) => Probe(async () => await it.ReadNotificationsAsync(cancel).GetAsyncEnumerator(cancel).MoveNextAsync())),
        ("TryReadNotification", (it, _) => Value(() => it.TryReadNotification(out SctpNotification? _))),
        ("GetOption", (it, _) => Done(() => it.GetOption(SctpOptions.NoDelay))),
        ("SetOption, Configure", (it, _) => Done(() => it.SetOption(SctpOptions.NoDelay, false))),
        ("SetStreamSchedulerValue", (it, _) => Done(() => it.SetStreamSchedulerValue(1, 2))),
        ("GetStatisticsAsync, GetPathsAsync", (it, _) => Done(it.GetStatisticsAsync().AsTask())),
        ("SetPrimaryAddressAsync", (it, _) => Answer(it.SetPrimaryAddressAsync(TwoStacks.ServerAt))),
        ("ConfigurePathAsync", (it, _) => Answer(it.ConfigurePathAsync(TwoStacks.ServerAt, new PathOptions()))),
        ("GetAuthenticationAsync", (it, _) => Done(it.GetAuthenticationAsync().AsTask())),
        ("SetAuthenticationKeyAsync, without authentication", (it, _) => Told(async () => $"{await it.SetAuthenticationKeyAsync(1, default)}")),
        ("RequestHeartbeatAsync", (it, _) => Answer(it.RequestHeartbeatAsync())),
        ("ResetStreamsAsync, ResetAssociationAsync, not allowed by the peer", (it, cancel) => Done(it.ResetStreamsAsync(new ushort[] { 1 }, ResetDirection.Outgoing, cancel).AsTask())),
        ("AddStreamsAsync, not allowed by the peer", (it, cancel) => Done(it.AddStreamsAsync(1, 0, cancel).AsTask())),
        ("AddLocalAddressAsync, RemoveLocalAddressAsync, RequestPeerPrimaryAsync, where the peer does not know how", (it, cancel) => Done(it.RequestPeerPrimaryAsync(IPAddress.Loopback, cancel).AsTask())),
        ("GetLocalAddressesAsync", (it, _) => Done(it.GetLocalAddressesAsync().AsTask())),
        ("ShutdownAsync", (it, _) => Ends(it, () => it.ShutdownAsync().AsTask())),
        ("Shutdown", (it, _) => Done(() => it.Shutdown(it.State == AssociationState.Established ? TimeSpan.FromSeconds(60) : TimeSpan.Zero))),
        ("Abort", (it, _) => Done(() => it.Abort())),
        ("DisposeAsync, Dispose", (it, _) => Done(it.DisposeAsync().AsTask())),
        ("SctpStream.SendAsync", (it, cancel) => Probe(() => it.GetStream(1).SendAsync(new byte[1], cancel).AsTask())),
        ("SctpStream.TrySend", (it, _) => Value(() => it.GetStream(1).TrySend([1]))),
        ("SctpStream.Send", (it, _) => Done(() => it.GetStream(1).Send([1], TimeSpan.Zero))),
        ("SctpStream.WaitToSendAsync", (it, cancel) => Probe(() => it.GetStream(1).WaitToSendAsync(1, cancel).AsTask())),
        ("SctpStream.WaitForLowBufferAsync", (it, cancel) => Probe(() => it.GetStream(1).WaitForLowBufferAsync(cancel).AsTask())),
        ("SctpStream.OpenMessageWriter", (it, _) => Done(() => it.GetStream(1).OpenMessageWriter())),
        ("SctpStream.CompleteWritesAsync, not allowed by the peer", (it, cancel) => Done(it.GetStream(1).CompleteWritesAsync(cancel).AsTask())),
        ("SctpStream.ReceiveAsync", (it, cancel) => Probe(() => it.GetStream(1).ReceiveAsync(cancel).AsTask())),
        ("SctpStream.TryReceive", (it, _) => Value(() => it.GetStream(1).TryReceive(out SctpMessage _))),
        ("SctpStream.Receive", (it, _) => Done(() => it.GetStream(1).Receive(TimeSpan.Zero))),
        ("SctpStream.ReadAllAsync", (it, cancel) => Probe(async () => await it.GetStream(1).ReadAllAsync(cancel).GetAsyncEnumerator(cancel).MoveNextAsync())),
        ("SctpStream.AsStream().ReadAsync", (it, cancel) => Probe(async () => Use(await it.GetStream(1).AsStream().ReadAsync(new byte[1], cancel)))),
        ("SctpStream.AsStream().WriteAsync", (it, cancel) => Probe(() => it.GetStream(1).AsStream().WriteAsync(new byte[1], cancel).AsTask())),
    ];

    // What was received before and nobody has read.
    private static readonly (string Member, Func<SctpAssociation, CancellationToken, Task<string>> Call)[] s_unread =
    [
        ("AcceptStreamAsync", (it, cancel) => Probe(() => it.AcceptStreamAsync(cancel).AsTask())),
        ("ReceiveAsync", (it, cancel) => Probe(() => it.ReceiveAsync(cancel).AsTask())),
        ("TryReceive", (it, _) => Value(() => it.TryReceive(out SctpMessage _))),
        ("Receive", (it, _) => Done(() => it.Receive(TimeSpan.Zero))),
        ("SctpStream.ReceiveAsync", (it, cancel) => Probe(() => it.GetStream(0).ReceiveAsync(cancel).AsTask())),
    ];

    private static readonly string[] s_socketStates = ["setting up", .. s_states[..5], "disposed"];

    private static readonly (string Member, Func<SctpSocket, SctpAssociationId, CancellationToken, Task<string>> Call)[] s_socket =
    [
        ("Bind, again", (it, _, _) => Done(() => it.Bind(new IPEndPoint(IPAddress.Loopback, 0)))),
        ("Listen", (it, _, _) => Done(it.Listen)),
        ("LocalEndPoints, Port", (it, _, _) => Done(() => Use(it.LocalEndPoints, it.Port))),
        ("Associations", (it, _, _) => Task.FromResult(it.Associations.Count == 0 ? "none" : "this one")),
        ("SendToAsync to that peer", (it, id, cancel) => Told(async () => await it.SendToAsync(new byte[1], TwoStacks.ServerAt, Loopback.Port, cancellationToken: cancel) == id ? "accepted" : "a new association")),
        ("ConnectAsync to another peer", (it, _, cancel) => Probe(async () => await it.ConnectAsync([new IPEndPoint(IPAddress.Loopback, 99)], 1, cancel))),
        ("SendAsync", (it, id, cancel) => Probe(() => it.SendAsync(id, new byte[1], cancellationToken: cancel).AsTask())),
        ("Send", (it, id, _) => Done(() => it.Send(id, [1], timeout: TimeSpan.Zero))),
        ("SendToAllAsync", (it, _, cancel) => Told(async () => $"to {await it.SendToAllAsync(new byte[1], cancellationToken: cancel)}")),
        ("ReceiveAsync", (it, _, cancel) => Probe(() => it.ReceiveAsync(cancel).AsTask())),
        ("Receive", (it, _, _) => Done(() => it.Receive(TimeSpan.Zero))),
        ("PeelOff", (it, id, _) => Done(() => it.PeelOff(id))),
        ("Abort", (it, id, _) => Done(() => it.Abort(id))),
        ("GetRemoteEndPoint", (it, id, _) => Done(() => it.GetRemoteEndPoint(id))),
        ("GetStatisticsAsync, GetPathsAsync", (it, id, _) => Told(
            async () => (await it.GetStatisticsAsync(id), await it.GetPathsAsync(id), "done").Item3)),
        ("GetOption, SetOption of that association", (it, id, _) => Done(() => it.SetOption(SctpOptions.NoDelay, it.GetOption(SctpOptions.NoDelay, id), id))),
        ("GetOption of future ones", (it, _, _) => Done(() => it.GetOption(SctpOptions.NoDelay))),
        ("SetOption of all", (it, _, _) => Done(() => it.SetOption(SctpOptions.NoDelay, true, SctpAssociationId.All))),
        ("DisposeAsync, Dispose", (it, _, _) => Done(it.DisposeAsync().AsTask())),
    ];

    private static readonly (string Member, Func<SctpListener, CancellationToken, Task<string>> Call)[] s_listener =
    [
        ("LocalEndPoints, Port", (it, _) => Done(() => Use(it.LocalEndPoints, it.Port))),
        ("AcceptAssociationAsync", (it, cancel) => Probe(async () => await it.AcceptAssociationAsync(cancel))),
        ("Accept", (it, _) => Done(() => it.Accept(TimeSpan.Zero))),
        ("AcceptAllAsync", (it, cancel) => Probe(async () => await it.AcceptAllAsync(cancel).GetAsyncEnumerator(cancel).MoveNextAsync())),
        ("GetOption", (it, _) => Done(() => it.GetOption(SctpOptions.NoDelay))),
        ("SetOption", (it, _) => Done(() => it.SetOption(SctpOptions.NoDelay, false))),
        ("DisposeAsync, Dispose", (it, _) => Done(it.DisposeAsync().AsTask())),
    ];

    [Fact]
    public async Task Each_member_does_in_each_state_what_the_table_says()
    {
        var text = new StringBuilder();
        text.Append("# What each member does in each state\n\n");
        text.Append("Made by the test that calls them (`StateTableTests`, see CONTRIBUTING); do not edit. *Waits* means until something\n");
        text.Append("happens, the end of the association at the latest; every such call can be cancelled, or has a time-out. An error's name\n");
        text.Append("is that of the `SctpException`. Nothing visible exists while an association is set up, but on a one-to-many socket.\n\n");
        text.Append("## SctpAssociation and SctpStream\n\nEverything that was received has been read.\n\n");
        await WriteAsync(text, s_states, s_association.Select(row => (row.Member, (Func<string, Task<string>>)(state => RunAsync(state, row.Call, isUnread: false)))));
        text.Append("\n## The same with a message that nobody has read\n\n");
        await WriteAsync(text, s_states, s_unread.Select(row => (row.Member, (Func<string, Task<string>>)(state => RunAsync(state, row.Call, isUnread: true)))));
        text.Append("\n## SctpSocket\n\nWith one association, in the state that the column names; the last column is the socket's own.\n\n");
        await WriteAsync(text, s_socketStates, s_socket.Select(row => (row.Member, (Func<string, Task<string>>)(state => RunAsync(state, row.Call)))));
        text.Append("\n## SctpListener\n\n");
        await WriteAsync(text, ["listening", "disposed"], s_listener.Select(row => (row.Member, (Func<string, Task<string>>)(state => RunAsync(state, row.Call)))));

        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Braid.slnx")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        string path = Path.Combine(root, "docs", "states.md");
        if (Environment.GetEnvironmentVariable(UpdateVariable) is { Length: > 0 })
        {
            await File.WriteAllTextAsync(path, text.ToString());
        }

        Assert.Equal(await File.ReadAllLinesAsync(path), text.ToString().TrimEnd('\n').Split('\n'));
    }

    private static async Task WriteAsync(StringBuilder text, string[] states, IEnumerable<(string Member, Func<string, Task<string>> Run)> rows)
    {
        text.Append("| | ").AppendJoin(" | ", states).Append(" |\n").Append("|---").Insert(text.Length, "|---", states.Length).Append("|\n");
        foreach ((string member, Func<string, Task<string>> run) in rows)
        {
            var cells = new List<string>();
            foreach (string state in states)
            {
                cells.Add(await run(state));
            }

            text.Append("| ").Append(member).Append(" | ").AppendJoin(" | ", cells).Append(" |\n");
        }
    }

    private static async Task<string> RunAsync(string state, Func<SctpAssociation, CancellationToken, Task<string>> call, bool isUnread)
    {
        await using var pair = new TwoStacks();
        (SctpAssociation it, SctpAssociation peer) = await pair.ConnectedAsync(OptionsFor(state), OptionsFor(state));
        if (isUnread)
        {
            await peer.SendAsync(new byte[1], pair.Guard);
            await UntilAsync(() => peer.BufferedAmount == 0, peer, pair);
            await it.GetStatisticsAsync();                   // it is acknowledged a moment before it can be read
        }

        await BringAsync(pair, state, it.ShutdownAsync, peer, () => it.State != AssociationState.Established);
        if (state.StartsWith("closed", StringComparison.Ordinal))
        {
            await it.Closed.ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(pair.Guard);
        }
        else if (state == "disposed")
        {
            await it.DisposeAsync();
        }

        return await CallAsync(cancel => call(it, cancel));
    }

    private static async Task<string> RunAsync(string state, Func<SctpSocket, SctpAssociationId, CancellationToken, Task<string>> call)
    {
        await using var pair = new TwoStacks();
        await using SctpListener listener = pair.Listen(OptionsFor(state));
        var it = new SctpSocket(new SctpSocketOptions { Stack = pair.ClientStack, Association = OptionsFor(state) });
        SctpAssociationId id;
        if (state == "setting up")
        {
            pair.Network.Drop = (_, _, _) => true;
            id = await it.SendToAsync(new byte[1], TwoStacks.ServerAt, Loopback.Port, cancellationToken: pair.Guard);
        }
        else
        {
            id = await it.ConnectAsync([TwoStacks.ServerAt], Loopback.Port, pair.Guard);
            SctpAssociation peer = await listener.AcceptAssociationAsync(pair.Guard);
            await BringAsync(pair, state, token => it.ShutdownAsync(id, token), peer, () => HasLeft(it, id));
            if (state.StartsWith("closed", StringComparison.Ordinal))
            {
                await UntilAsync(() => it.Associations.Count == 0, peer, pair);
            }
            else if (state == "disposed")
            {
                await it.DisposeAsync();
            }
        }

        return await CallAsync(cancel => call(it, id, cancel));
    }

    private static async Task<string> RunAsync(string state, Func<SctpListener, CancellationToken, Task<string>> call)
    {
        await using var pair = new TwoStacks();
        SctpListener it = pair.Listen();
        if (state == "disposed")
        {
            await it.DisposeAsync();
        }

        return await CallAsync(cancel => call(it, cancel));
    }

    private static async Task BringAsync(
        TwoStacks pair, string state, Func<CancellationToken, ValueTask> shutDown, SctpAssociation peer, Func<bool> hasLeft)
    {
        switch (state)
        {
            case "we shut down":
                pair.Network.Drop = (_, _, _) => true;
                _ = shutDown(CancellationToken.None).AsTask();
                await UntilAsync(hasLeft, peer, pair);
                break;
            case "the peer shuts down":
                pair.Network.Drop = (source, _, _) => source.Equals(TwoStacks.ClientAt);
                _ = peer.ShutdownAsync().AsTask();
                await UntilAsync(hasLeft, peer, pair);
                break;
            case "closed gracefully":
                await shutDown(pair.Guard);
                break;
            case "closed by an error":
                peer.Abort();
                break;
        }
    }

    private static SctpAssociationOptions OptionsFor(string state) => SctpAssociationOptions.Default with
    {
        CloseTimeout = state == "disposed" ? TimeSpan.FromSeconds(60) : TimeSpan.Zero,       // nobody answers in some of the others
        Notifications = SctpNotificationKinds.PartialDelivery,
    };

    private static bool HasLeft(SctpSocket socket, SctpAssociationId id)
    {
        try
        {
            socket.Send(id, [1], timeout: TimeSpan.Zero);
            return false;
        }
        catch (SctpException exception)
        {
            return exception.Error == SctpError.OperationAborted;
        }
    }

    private static async Task UntilAsync(Func<bool> condition, SctpAssociation peer, TwoStacks pair)
    {
        while (!condition())
        {
            pair.Guard.ThrowIfCancellationRequested();
            await peer.GetStatisticsAsync();
        }
    }

    // A call that still waits is given up.
    private static async Task<string> CallAsync(Func<CancellationToken, Task<string>> call)
    {
        using var cancelled = new CancellationTokenSource();
        Task<string> outcome;
        try
        {
            outcome = call(cancelled.Token);
            if (outcome is { IsCompletedSuccessfully: true, Result: Waiting })
            {
                await cancelled.CancelAsync();
            }

            return await outcome;
        }
        catch (Exception exception) when (exception is SctpException or ObjectDisposedException or InvalidOperationException)
        {
            return Name(exception);
        }
    }

    private const string Waiting = "waits";

    private static string Name(Exception exception) => exception is SctpException sctp ? $"`{sctp.Error}`" : $"`{exception.GetType().Name}`";

    private static void Use(params object[] values) => Assert.NotEmpty(values);

    // What these calls do is decided at once, in memory.
    private static Task<string> Probe(Func<Task> call)
    {
        Task task = call();
        return task.IsCompleted ? Done(task) : Task.FromResult(Waiting);
    }

    private static async Task<string> Done(Task task)
    {
        await task;
        return task switch
        {
            Task<bool> { Result: false } => "false",
            Task<bool> => "true",
            Task<int> { Result: 0 } => "0",
            _ => "done",
        };
    }

    private static Task<string> Done(Action call)
    {
        try
        {
            call();
            return Task.FromResult("done");
        }
        catch (SctpException exception) when (exception.Error == SctpError.TimedOut)
        {
            return Task.FromResult(Waiting);
        }
    }

    private static Task<string> Value(Func<bool> call) => Task.FromResult(call() ? "true" : "false");

    private static async Task<string> Answer(ValueTask<bool> call) => await call ? "true" : "false";

    private static async Task<string> Told(Func<Task<string>> call) => await call();

    // With a peer that answers it ends; with one that does not it waits.
    private static async Task<string> Ends(SctpAssociation it, Func<Task> call)
    {
        bool isOver = it.Closed.IsCompleted;
        bool isShuttingDown = !isOver && it.State != AssociationState.Established;
        Task task = call();
        if (isShuttingDown)
        {
            return Waiting;
        }

        await task;
        return "done";
    }
}
