using System;
using System.Collections.Generic;
using System.Text.Unicode;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// One association between the application's threads and the loop: what either leaves for the other, and the tasks that
/// complete when its state changes.
/// </summary>
internal sealed class AssociationHost
{
    private const int LongestReason = 512;                   // as the protocol has it

    private static readonly List<(NetworkAddress Address, ushort Port)> s_noKeys = [];
    private static readonly TimeSpan s_sampling = TimeSpan.FromSeconds(1);

    private readonly EndpointLoop _loop;
    private readonly Lock _gate = new();
    private readonly OutboxPump _pump;
    private Milestone _established;
    private Milestone _closed;

    // Written by anybody.
    private ReturnedMessages _returned;
    private SctpAssociationOptions _options;
    private NotificationQueue? _notifications;
    private ReconfigurationCalls? _reconfiguration;
    private AddressCalls? _addresses;
    private Receipts? _receipts;                             // made for the first call that wants one
    private int _isPosted;
    private int _isShutdownRequested;
    private string? _abortReason;

    // Written only by the loop.
    private NetworkAddress _remote;                          // of several words: guarded by _gate
    private Instant _sampled;
    private long _receiveBuffer;                             // its size now; read by anybody
    private volatile bool _isEnded;
    private long _establishedAt;                             // timestamp; 0 for never

    /// <param name="loop">What runs it.</param>
    /// <param name="core">The protocol.</param>
    /// <param name="options">Its options, as the protocol has them already.</param>
    /// <param name="socket">The one-to-many socket that it belongs to; null for none.</param>
    public AssociationHost(EndpointLoop loop, Association core, SctpAssociationOptions options, SctpSocket? socket = null)
    {
        _loop = loop;
        _options = options;
        Core = core;
        core.Tag = this;
        Socket = socket;
        PeerKeys = socket is null ? s_noKeys : [];
        _receiveBuffer = core.ReceiveBufferSize;
        Outbox = new Outbox(this, core.SendBufferSize);
        _pump = new OutboxPump(this);
        _returned = new ReturnedMessages(_gate);
        Inbox = new Inbox(this, socket);
        _remote = core.PrimaryPath.Remote;
        Peer = _remote;

        PeerCertificate = loop.Secure?.CertificateOf(Peer) ?? default;

        // One that a peer set up is handed to the application before its events are: it must know these from the start.
        State = core.State;
        Streams = (core.OutgoingStreams, core.IncomingStreams);
    }

    /// <summary>
    /// Called on the loop after it has been worked on: something may have come, there may be room to send, it may be up, or have ended. Must not block.
    /// </summary>
    public Action? Watcher { get; set; }

    /// <summary>Names it.</summary>
    public SctpAssociationId Id { get; } = SctpAssociationId.Next();

    /// <summary>The protocol. Only the loop may touch it, but for what is said to be safe.</summary>
    public Association Core { get; }

    /// <summary>What runs it.</summary>
    public EndpointLoop Loop => _loop;

    /// <summary>The one-to-many socket that it belongs to.</summary>
    public SctpSocket? Socket { get; private set; }

    /// <summary>What that socket knows its peer by. Guarded by itself; empty and shared where there is no socket.</summary>
    public List<(NetworkAddress Address, ushort Port)> PeerKeys { get; }

    /// <summary>The sending half.</summary>
    public Outbox Outbox { get; }

    /// <summary>The receiving half.</summary>
    public Inbox Inbox { get; }

    /// <summary>What happened to it and nobody read yet. Made when it is first asked for: few want to know.</summary>
    public NotificationQueue Notifications =>
        Volatile.Read(ref _notifications) ?? Interlocked.CompareExchange(ref _notifications, new NotificationQueue(Id), null) ?? _notifications;

    /// <summary>Calls that reset and add streams. Made for the first of them.</summary>
    public ReconfigurationCalls Reconfiguration =>
        Volatile.Read(ref _reconfiguration) ?? Interlocked.CompareExchange(ref _reconfiguration, new ReconfigurationCalls(this), null) ?? _reconfiguration;

    /// <summary>Calls that change our addresses. Made for the first of them.</summary>
    public AddressCalls Addresses =>
        Volatile.Read(ref _addresses) ?? Interlocked.CompareExchange(ref _addresses, new AddressCalls(this), null) ?? _addresses;

    /// <summary>What everything that comes too late gets; null before the end. On the loop.</summary>
    public SctpException? Ended { get; private set; }

    /// <summary>The address that the association began with: over DTLS, that of its session.</summary>
    public NetworkAddress Peer { get; }

    /// <summary>The certificate of the peer (DER); empty without DTLS. Known once the association is up.</summary>
    public ReadOnlyMemory<byte> PeerCertificate { get; private set; }

    /// <summary>The peer's address, as last seen.</summary>
    public NetworkAddress Remote
    {
        get
        {
            lock (_gate)
            {
                return _remote;
            }
        }
    }

    /// <summary>State as of the last run of the loop.</summary>
    public AssociationState State { get; private set; }

    /// <summary>Streams as negotiated; what we ask for and allow until then.</summary>
    public (int Outgoing, int Incoming) Streams { get; private set; }

    /// <summary>Its options now.</summary>
    public SctpAssociationOptions Options => Volatile.Read(ref _options);

    /// <summary>Completes when data can flow; faults when that failed.</summary>
    public Task Established => _established.Task;

    /// <summary>Completes at the end; faults when it was not a graceful one.</summary>
    public Task Closed => _closed.Task;

    /// <summary>How long it has been up; null when it never was.</summary>
    public TimeSpan? Lifetime => Volatile.Read(ref _establishedAt) is > 0 and long since ? _loop.TimeProvider.GetElapsedTime(since) : null;

    /// <summary>Whether it has come to its end: nothing more is delivered. Set before anybody is told.</summary>
    public bool HasEnded => _isEnded;

    /// <summary>Why it has ended; null for a graceful end, or none.</summary>
    public SctpError? EndedWith { get; private set; }

    /// <summary>User data accepted and not acknowledged.</summary>
    public long BufferedAmount => Outbox.Bytes;

    /// <summary>Bytes that one message, or one piece of it, may have now.</summary>
    public int LongestMessage
    {
        get
        {
            SctpAssociationOptions options = Options;
            return options.Fragmentation ? options.MaximumMessageSize : Math.Min(options.MaximumMessageSize, Core.FragmentationPoint);
        }
    }

    /// <summary>Begins a graceful shutdown, after everything queued so far.</summary>
    public void RequestShutdown()
    {
        Outbox.End(new SctpException(SctpError.OperationAborted, "The association is shutting down: nothing new can be sent."), replaces: false);
        Interlocked.Exchange(ref _isShutdownRequested, 1);   // only now: what was accepted is in the outbox
        Wake();
    }

    /// <summary>Ends the association.</summary>
    public void RequestAbort(string reason)
    {
        Interlocked.CompareExchange(ref _abortReason, reason, null);
        Wake();
    }

    /// <summary>Ends an association that no application will ever have: what has come for it is given back.</summary>
    public void Abandon(string reason)
    {
        RequestAbort(reason);
        Inbox.Discard(new SctpException(SctpError.OperationAborted, "The association was given up."));
    }

    /// <summary>Changes options from now on; what is sent later is sent with them.</summary>
    /// <param name="change">Makes the new options out of the present ones.</param>
    /// <exception cref="ArgumentException">A value is outside its range, or cannot change any more.</exception>
    public void Configure(Func<SctpAssociationOptions, SctpAssociationOptions> change)
    {
        while (true)
        {
            SctpAssociationOptions before = Options;
            SctpAssociationOptions options = change(before).Prepared();      // the user's code: not under the lock
            options.Validate();
            if (before.FirstFixedChange(options) is { } name)
            {
                throw new ArgumentException($"{name} cannot change while an association lives.", name);
            }

            bool asksForDry = (before.Notifications & SctpNotificationKinds.SenderDry) == 0;
            lock (_gate)
            {
                if (!ReferenceEquals(_options, before))
                {
                    continue;
                }

                Volatile.Write(ref _options, options);
                _loop.Leave(now => Apply(now, options, asksForDry));         // under the lock: in the order of the calls
            }

            _loop.Schedule();
            return;
        }
    }

    /// <summary>Sets the priority or the weight of a stream.</summary>
    public void SetSchedulerValue(ushort stream, ushort value) => _loop.Post(_ =>
    {
        if (!_isEnded)                                       // else the core may be another host's by now
        {
            Core.SetStreamSchedulerValue(stream, value);
        }
    });

    /// <summary>The application is done with a message.</summary>
    public void Release(ReceivedMessage message)
    {
        // After the end there is no window, only a pool that wants its memory back.
        if (_returned.Add(message, Volatile.Read(ref _receiveBuffer), out bool isFirst) || _isEnded)
        {
            Wake();
        }
        else if (isFirst)
        {
            _loop.PostLater(this);                           // or an idle association would keep its last messages
        }
    }

    /// <summary>Gives back the memory of what the application is done with. On the loop.</summary>
    public void TakeReturned() => _returned.TakeBack();

    /// <summary>There is something to do: the loop looks at its inbox. By anybody, without a lock.</summary>
    public void Wake()
    {
        // Most find it posted already, and need not write to what the loop reads. What they leave is guarded by a lock that the loop
        // takes after it has taken the mark away, or was written with a full barrier.
        if (Volatile.Read(ref _isPosted) == 0 && Interlocked.Exchange(ref _isPosted, 1) == 0)
        {
            _loop.Post(this);
        }
    }

    /// <summary>The same, by somebody who has just sent the first of what may become many: he runs the loop himself if he can. With no lock taken.</summary>
    public void RunOrWake()
    {
        // Whoever sets the mark either runs the inbox or posts it.
        if (Volatile.Read(ref _isPosted) == 0 && Interlocked.Exchange(ref _isPosted, 1) == 0 && !_loop.TryRunHere(this))
        {
            _loop.Post(this);
        }
    }

    /// <summary>Does something on the loop, after everything that was sent so far was handed to the protocol.</summary>
    public void PostAfterSends(Action<Instant> action) => _loop.Post(now =>
    {
        if (!_isEnded)
        {
            _pump.HandOver(now);
        }

        action(now);
    });

    /// <summary>Leaves its one-to-many socket.</summary>
    public void PeelOff()
    {
        Inbox.PeelOff();
        Socket = null;
    }

    /// <summary>Hands what the application left to the protocol. On the loop.</summary>
    public void RunInbox(Instant now)
    {
        Volatile.Write(ref _isPosted, 0);
        Interlocked.MemoryBarrier();                         // whoever adds from now on posts anew
        TakeReturned();
        if (_isEnded)
        {
            _pump.DiscardAll();                                 // the core may be another host's by now (a restart)
            return;
        }

        if (Volatile.Read(ref _abortReason) is { } reason)
        {
            // Who waits for room must not get that of what the abort throws away.
            Outbox.End(new SctpException(SctpError.OperationAborted, "The association was aborted."), replaces: false);
            Span<byte> text = stackalloc byte[LongestReason];        // cut here, between two characters; below it would be anywhere
            Utf8.FromUtf16(reason, text, out _, out int length);
            Core.Abort(now, text[..length]);
        }

        _pump.HandOver(now);
        if (Outbox.TryGetWaiting(out SendOptions waiting))
        {
            Core.MakeRoom(now, waiting);                     // RFC 7496 §3.2
        }

        if (Volatile.Read(ref _isShutdownRequested) != 0)
        {
            Core.Shutdown(now);
        }
    }

    /// <summary>
    /// The peer shuts down: from now on nothing is accepted, and what was accepted before goes out. On the loop, before the
    /// protocol can answer.
    /// </summary>
    public void CloseSending(Instant now)
    {
        Outbox.End(
            new SctpException(SctpError.OperationAborted, "The peer is shutting the association down: nothing new can be sent."), replaces: false);
        _pump.HandOver(now);
    }

    /// <summary>Takes what the protocol has for the application. On the loop.</summary>
    public void Collect(Instant now)
    {
        if (_isEnded)
        {
            return;
        }

        if (Meters.WantsSamples && now - _sampled >= s_sampling)
        {
            _sampled = now;
            Meters.Sample(Core.GetStatistics());
        }

        FollowSizes();
        State = Core.State;
        NetworkAddress remote = Core.PrimaryPath.Remote;
        if (_remote != remote)
        {
            lock (_gate)
            {
                _remote = remote;
            }
        }

        while (!_isEnded)
        {
            // Data may come along with the COOKIE ECHO: it belongs to the association that this sets up, and comes after the
            // news of that (RFC 6458 §6.1.1). Everything else that happens comes after what was received before; and with the
            // news of a reset or a restart comes what was sent after it.
            if (_established.IsDecided)
            {
                DeliverReceived();
            }

            if (!Core.TryGetEvent(out AssociationEvent? associationEvent))
            {
                break;
            }

            OnEvent(associationEvent);
        }

        if (!_isEnded)
        {
            DeliverReceived();
            _pump.CollectReleased();
            CallWatcher();                                   // the end calls it by itself
        }
    }

    /// <summary>Ends everything with an error. On the loop.</summary>
    public void Fail(SctpException exception) => End(exception);

    /// <summary>It stands for an association that was up before and has begun anew. On the loop.</summary>
    public void OnTakenOver() => OnEstablished(new AssociationEvent.Established(Core.OutgoingStreams, Core.IncomingStreams));

    /// <summary>Who waits for what becomes of a message; made for the first.</summary>
    public Receipts Receipts
    {
        get
        {
            if (Volatile.Read(ref _receipts) is null)
            {
                Interlocked.CompareExchange(ref _receipts, new Receipts(_loop.TimeProvider), null);
            }

            return _receipts!;
        }
    }

    private NotificationSource Report => new(this);

    private void Apply(Instant now, SctpAssociationOptions options, bool asksForDry)
    {
        if (_isEnded)
        {
            return;
        }

        Core.Reconfigure(now, options);
        FollowSizes();
        if (asksForDry && Outbox.Bytes == 0)
        {
            Report.TellDry();                                // RFC 6458 §6.1.9: at once, then
        }
    }

    // The protocol makes them larger as they are used.
    private void FollowSizes()
    {
        Volatile.Write(ref _receiveBuffer, Core.ReceiveBufferSize);
        if (Outbox.Limit != Core.SendBufferSize)
        {
            Outbox.SetLimit(Core.SendBufferSize);
        }
    }

    private void DeliverReceived() => Inbox.Deliver(Core, ref _returned);

    private void OnEvent(AssociationEvent associationEvent)
    {
        if (associationEvent is AssociationEvent.Established up)
        {
            OnEstablished(up);
            return;
        }

        if (associationEvent is AssociationEvent.StreamsReset { IsIncoming: true, IsDone: true } or AssociationEvent.AssociationReset { IsDone: true })
        {
            Inbox.OnReset((associationEvent as AssociationEvent.StreamsReset)?.Streams ?? []);
        }
        else if (associationEvent is AssociationEvent.StreamsChanged more)
        {
            Streams = (more.OutgoingStreams, more.IncomingStreams);
        }

        Report.Tell(associationEvent);
        switch (associationEvent)
        {
            case AssociationEvent.StreamsReset reset:
                _reconfiguration?.OnResult(reset.Context, reset.Result);
                break;
            case AssociationEvent.AssociationReset reset:
                _reconfiguration?.OnResult(reset.Context, reset.Result);
                break;
            case AssociationEvent.StreamsChanged changed:
                _reconfiguration?.OnResult(changed.Context, changed.Result);
                break;
            case AssociationEvent.AddressRequestSettled settled:
                Volatile.Read(ref _addresses)?.OnSettled(settled);
                break;
            case AssociationEvent.Restarted:
                End(new SctpException(SctpError.PeerRestarted, $"The peer at {Remote} has restarted: what was on its way is lost."));
                _loop.HandOver(Core);
                break;
            case AssociationEvent.SendFailed failed:
                failed.Payload.Dispose();
                break;
            case AssociationEvent.SendSettled sent:
                _receipts?.Settle(sent.Receipt, new SctpDeliveryResult((SctpDeliveryStatus)sent.Outcome, sent.Delay));
                break;
            case AssociationEvent.Closed closed:
                End(SctpException.From(closed, Remote));
                break;
        }
    }

    private void OnEstablished(AssociationEvent.Established up)
    {
        Streams = (up.OutgoingStreams, up.IncomingStreams);
        PeerCertificate = _loop.Secure?.CertificateOf(Peer) ?? default;
        Volatile.Write(ref _establishedAt, Math.Max(1, _loop.TimeProvider.GetTimestamp()));
        Report.Tell(up);
        _established.Decide(null);
    }

    private void End(SctpException? error)
    {
        if (_isEnded)
        {
            return;
        }

        _isEnded = true;
        EndedWith = error?.Error;
        State = AssociationState.Closed;
        SctpException ended = error ?? new SctpException(SctpError.AssociationClosed, "The association was closed.");
        Ended = ended;
        Socket?.Forget(this);                                // whoever hears of the end may send to that peer at once
        Outbox.End(ended, replaces: true);                   // before there is room: a call that waits for it is refused
        _pump.FailAll();
        if (error is not { Error: SctpError.PeerRestarted })
        {
            Report.TellEnd(error, wasUp: _established.IsReached);
        }

        Inbox.End(ended);
        foreach (SctpStream stream in _pump.Backlogged)
        {
            stream.OnEnded(ended, isSending: false);         // the inbox knows those no longer that the peer has reset
        }

        _reconfiguration?.End(ended);
        Volatile.Read(ref _addresses)?.End(ended);
        Volatile.Read(ref _receipts)?.End();
        Notifications.End(ended);
        Socket?.OnEnded(this);
        Wake();                                              // for what was returned so far and did not open the window
        _loop.Life.Detach(this);                                  // before Closed: whoever awaits it may want the port
        _established.Decide(ended);
        _closed.Decide(error);
        CallWatcher();
    }

    private void CallWatcher() => (Watcher ?? Socket?.Watcher)?.Invoke();
}
