using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>What the application may change while an association lives (RFC 9260 §11.1.6 to §11.1.13, RFC 6458 §8.1).</summary>
internal readonly struct OptionProcedures(Tcb tcb)
{
    /// <summary>Other options take effect. Those that nobody looks at by itself are carried to where they count.</summary>
    public void Reconfigure(AssociationOptions options)
    {
        AssociationOptions before = tcb.Context.Options;
        tcb.Context.Options = options;
        if (tcb.State == AssociationState.Closed)
        {
            return;
        }

        tcb.Context.Sizes.OnOptionsChanged(options);
        if (before.Scheduler != options.Scheduler)
        {
            tcb.Queue.OnSchedulerChanged();
        }

        for (int i = 0; i < tcb.Paths.Count && before.CongestionControl != options.CongestionControl; i++)
        {
            tcb.Paths[i].ChangeCongestion();
        }

        if (tcb.Transfer is not { } transfer)
        {
            tcb.AnnouncedWindow = Math.Max(tcb.AnnouncedWindow ?? 0, (uint)before.FirstReceiveBuffer);
            return;
        }

        transfer.Sender.OnOpportunity();                     // what waited for a fuller packet may not have to any more
        transfer.Receiver.Window.Resize(tcb.Context.Sizes.Receive);
        if (before.SackDelay != options.SackDelay || before.SackFrequency != options.SackFrequency)
        {
            transfer.Receiver.Acks.OnOptionsChanged();
        }

        if (!tcb.MayCarryData)
        {
            return;                                          // the timers below start with data and end with it
        }

        for (int i = 0; i < tcb.Paths.Count && before.HeartbeatInterval != options.HeartbeatInterval; i++)
        {
            tcb.Monitor.OnIntervalChanged(tcb.Paths[i]);
        }

        if (before.IdleTimeout != options.IdleTimeout)
        {
            tcb.Idle.OnOptionsChanged();
        }
    }

    /// <summary>Options of one path take effect.</summary>
    public bool ConfigurePath(in NetworkAddress address, PathOptions options)
    {
        if (tcb.Paths.Find(address) is not { } path)
        {
            return false;
        }

        TimeSpan? before = path.HeartbeatInterval;
        bool isResized = path.Options.Mtu != options.Mtu;
        path.Options = options;
        if (isResized)
        {
            tcb.Paths.OnSizeChanged(path);
        }

        if (tcb.MayCarryData && before != path.HeartbeatInterval)
        {
            tcb.Monitor.OnIntervalChanged(path);
        }

        return true;
    }

    /// <summary>The application wants to know now whether an address is there (§11.1.10).</summary>
    public bool RequestHeartbeat(in NetworkAddress? address)
    {
        Path? path = address is { } one ? tcb.Paths.Find(one) : tcb.Paths.Primary;
        if (path is null || !tcb.MayCarryData)               // §8.3: none once SHUTDOWN or SHUTDOWN ACK was sent
        {
            return false;
        }

        tcb.Monitor.RequestHeartbeat(path);
        return true;
    }

    /// <summary>The layer below takes another way to the peer (RFC 8261 §6.1, RFC 8831 §5).</summary>
    public void OnPathChanged()
    {
        for (int i = 0; i < tcb.Paths.Count; i++)
        {
            BeginAnew(tcb.Paths[i]);
        }

        tcb.Transfer?.Sender.OnOpportunity();
    }

    /// <summary>Packets to one address of the peer take another way.</summary>
    public void BeginAnew(Path path)
    {
        path.BeginAnew();
        tcb.Monitor.OnPathChanged(path);
        tcb.Transfer?.Sender.OnPathChanged(path);
        tcb.Context.Timers.Stop(new TimerId(TimerKind.PathMtu, path.Index));
        tcb.Paths.OnSizeChanged(path);

        // Backed off on the old way: what is outstanding need not wait for that.
        var retransmission = new TimerId(TimerKind.T3Rtx, path.Index);
        if (tcb.Context.Timers.IsRunning(retransmission))
        {
            tcb.Context.Timers.Start(retransmission, tcb.Context.Now + path.Rto.Current);
        }
    }

    /// <summary>The application wants new data to take another path (§11.1.6). §5.4: only one that is known to be the peer's.</summary>
    public bool SetPrimaryPath(in NetworkAddress address)
    {
        if (tcb.Paths.Find(address) is not { IsConfirmed: true } path || !tcb.MayCarryData)
        {
            return false;
        }

        tcb.Paths.MakePrimary(path);
        tcb.Transfer!.Sender.OnOpportunity();
        return true;
    }
}
