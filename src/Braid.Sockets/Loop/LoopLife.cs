using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// The life of an <see cref="EndpointLoop"/>: who needs it, which associations live on it, and its ways to the end - the last one
/// leaves, its stack is disposed, its transport or we ourselves fail.
/// </summary>
internal sealed class LoopLife(EndpointLoop loop)
{
    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosed;
    private volatile Exception? _end;

    private readonly HashSet<AssociationHost> _alive = [];   // guarded by Meters.Gate: each is counted among them or among the ended

    private LoopUsers? _users;

    // Written only by the loop.
    private TaskCompletionSource? _isEmpty;
    private ITimer? _lingering;

    /// <summary>Associations that live here, as of now. For anybody.</summary>
    public AssociationHost[] Hosts
    {
        get
        {
            lock (Meters.Gate)
            {
                return [.. _alive];
            }
        }
    }

    /// <summary>Who needs it. Set before anybody else knows of it, where it is to end with others.</summary>
    public LoopUsers Users => Volatile.Read(ref _users) ?? Interlocked.CompareExchange(ref _users, new LoopUsers(this), null) ?? _users;

    /// <summary>Completes when the transport is closed.</summary>
    public Task IsFreed => _freed.Task;

    /// <summary>Its place among those that linger; theirs to use.</summary>
    public LinkedListNode<EndpointLoop>? LingeringNode { get; set; }

    /// <summary>Whether the transport is closed.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Why nothing new can begin; null when it can.</summary>
    public Exception? End => _end;

    /// <summary>A new association needs the loop. On the loop only.</summary>
    public void Add(AssociationHost host)
    {
        lock (Meters.Gate)
        {
            _alive.Add(host);
        }

        loop.Secure?.Use(host.Peer);
        Users.Add();
    }

    /// <summary>An association has come to its end. On the loop only.</summary>
    public void Detach(AssociationHost host)
    {
        bool wasHere;
        bool isLast;
        lock (Meters.Gate)
        {
            wasHere = _alive.Remove(host);
            isLast = _alive.Count == 0;
            if (wasHere)
            {
                Meters.OnEnded(host);
            }
        }

        if (wasHere)
        {
            loop.Secure?.Release(loop.Now, host.Peer);
            Meters.Record(host);
            loop.Ports.Release(host.Core.LocalPort);
            if (isLast && _isEmpty is { } isEmpty)
            {
                loop.Post(_ => isEmpty.TrySetResult());      // once it has told everybody
            }

            Release();
        }
    }

    /// <summary>Ends with another loop, and not before: to be called before anybody else knows of it.</summary>
    public void Join(LoopUsers others)
    {
        _users = others;
        others.Join(this);
    }

    /// <summary>
    /// The opener, or an association, needs the loop no longer. With the last of them the transport is closed.
    /// </summary>
    public void Release() => Users.Release();

    /// <summary>Nobody needs the loop any more.</summary>
    public void PostCloseSoon() => loop.Post(_ => CloseSoon());      // from within a run: what it has still to send goes out first

    /// <summary>
    /// When nobody needs the loop any more: completes once its address can be used again. Nobody can want one that the system
    /// chose, and that is kept for a while.
    /// </summary>
    public Task Freed => Users.IsAny || loop.Transport.HasEphemeralPort ? Task.CompletedTask : Users.Freed;

    /// <summary>Aborts everything, and closes the transport.</summary>
    public async Task ShutDownAsync()
    {
        var isEmpty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Acceptor[] acceptors = [];
        loop.Post(_ =>
        {
            _isEmpty = isEmpty;
            acceptors = Stop(new ObjectDisposedException(nameof(SctpStack)));

            AssociationHost[] hosts = Hosts;
            foreach (AssociationHost host in hosts)
            {
                host.RequestAbort("the stack was closed");
            }

            if (hosts.Length == 0)
            {
                isEmpty.TrySetResult();
            }
        });
        await isEmpty.Task.ConfigureAwait(false);
        var isClosed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(_ =>
        {
            Tell(acceptors);                                 // after the last that they get
            Close();                                         // no lingering: who disposes it may want its address at once
            isClosed.SetResult();
        });
        await isClosed.Task.ConfigureAwait(false);
        await loop.Transport.Disposed.ConfigureAwait(false);
    }

    /// <summary>Closes the transport; nothing goes out any more. On the loop only.</summary>
    public void Close()
    {
        if (_isClosed)
        {
            return;                                          // the end of its lingering, and a want of sockets, may come at once
        }

        _lingering?.Dispose();
        Lingering.Remove(loop);
        _isClosed = true;
        loop.StopTransport();
        _freed.TrySetResult();
        Meters.Remove(loop);
    }

    /// <summary>A fault of ours, or the end of the transport: everything ends with an error. On the loop only.</summary>
    public void Fail(Exception exception)
    {
        LogMessages.LoopFailed(loop.Logger, exception);
        SctpException? ended = exception is SctpException { Error: SctpError.TransportClosed } own ? own : null;     // no fault of ours
        Acceptor[] acceptors = ended is null ? [] : Stop(ended);
        AbortAll(ended is null ? "internal error"u8 : "the transport has ended"u8);
        foreach (AssociationHost host in Hosts)
        {
            host.Fail(ended ?? new SctpException(SctpError.InternalError, "Braid broke one of its own rules and closed the association.", exception));
        }

        Tell(acceptors);
    }

    /// <summary>What protected the datagrams of a peer has ended: nothing more comes from him. On the loop only.</summary>
    public void EndPeer(Instant now, in NetworkAddress remote, SctpException exception)
    {
        foreach (AssociationHost host in Hosts)
        {
            if (host.Peer == remote)
            {
                host.Core.Abort(now, "the DTLS session has ended"u8);
                host.Fail(exception);
            }
        }

        loop.SendDatagrams(now);                             // nobody gets it, but the machine is drained
    }

    // Otherwise the protocol would go on without its host: acknowledge what nobody will read, and in the end report a
    // graceful shutdown to a peer whose messages were lost.
    private void AbortAll(ReadOnlySpan<byte> reason)
    {
        Instant now = loop.Now;
        try
        {
            foreach (AssociationHost host in Hosts)
            {
                host.Core.Abort(now, reason);
            }

            loop.SendDatagrams(now);
        }
#pragma warning disable CA1031 // It has failed already, and may be in no state to say so. The peer's timers must notice then.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogMessages.LoopFailed(loop.Logger, exception);
        }
    }

    // Nothing new begins from now on. Returns who is to be told, once what lives has ended.
    private Acceptor[] Stop(Exception end)
    {
        _end = end;                                          // who saw none has taken his port before
        Acceptor[] acceptors = loop.Ports.StopAccepting();
        foreach (Acceptor acceptor in acceptors)
        {
            loop.Endpoint.ClosePort(acceptor.Port);
        }

        return acceptors;
    }

    private static void Tell(Acceptor[] acceptors) => Array.ForEach(acceptors, static acceptor => acceptor.OnEnded());

    // Our SHUTDOWN COMPLETE may be lost. Then the peer repeats its SHUTDOWN ACK, and the endpoint answers that out of the blue
    // (RFC 9260 §8.4) - as long as there is a socket. A port that the user chose is free at once, as he expects.
    private void CloseSoon()
    {
        if (loop.Transport.HasEphemeralPort)
        {
            _lingering = loop.TimeProvider.CreateTimer(
                static state => ((LoopLife)state!).PostClose(), this, s_linger, Timeout.InfiniteTimeSpan);
            if (Lingering.Add(loop) is { } oldest)
            {
                oldest.Life.PostClose();
            }
        }
        else
        {
            Close();
        }
    }

    private void PostClose() => loop.Post(_ => Close());
}
