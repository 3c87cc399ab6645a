using System;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>The SCTP port of a listener on one of its loops: each UDP socket that it listens on has a loop of its own.</summary>
/// <param name="loop">The loop.</param>
/// <param name="port">The SCTP port.</param>
/// <param name="association">What associations begin with, as of now.</param>
/// <param name="isFull">Whether enough associations wait to be accepted, with so many that the listener has not seen. On any loop.</param>
internal sealed class ListeningPort(EndpointLoop loop, ushort port, Func<SctpAssociationOptions> association, Func<int, bool> isFull)
{
    private bool _isClosed;                                  // only the loop

    /// <summary>What runs it.</summary>
    public EndpointLoop Loop => loop;

    /// <summary>Takes the port on its stack.</summary>
    /// <param name="onAccepted">Gets what peers set up. On the loop.</param>
    /// <param name="onEnded">The stack, or its transport, has ended. On the loop.</param>
    /// <exception cref="ObjectDisposedException">The stack was disposed.</exception>
    /// <exception cref="SctpException">Somebody else has it.</exception>
    public void Use(Action<EndpointLoop, Association> onAccepted, Action<EndpointLoop> onEnded)
    {
        loop.UseToAccept(
            port,
            core => onAccepted(loop, core),
            () =>
            {
                _isClosed = true;
                onEnded(loop);
            });
    }

    /// <summary>From now on peers may set up associations, with the options of now; again when those have changed.</summary>
    public void Open()
    {
        Leave();
        loop.Schedule();
    }

    /// <summary>The same for a caller that holds a lock: it is to schedule the loop once it has left that.</summary>
    public void Leave() => loop.Leave(_ =>
    {
        if (!_isClosed)
        {
            loop.Endpoint.ClosePort(port);
            loop.Endpoint.OpenPort(port, association(), isFull);
        }
    });

    /// <summary>Peers set up nothing any more.</summary>
    /// <param name="onStopped">That is so. On the loop.</param>
    public void Stop(Action onStopped) => loop.Post(_ =>
    {
        if (!_isClosed)
        {
            _isClosed = true;
            loop.Ports.StopAccepting(port);
            loop.Endpoint.ClosePort(port);
        }

        onStopped();
    });
}
