using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// Where a one-to-many socket is: on a loop and an SCTP port from its first use on, listening there or not, with the options that
/// its associations begin with.
/// </summary>
/// <param name="options">Of the socket.</param>
/// <param name="onAccepted">Gets what peers set up. On the loop.</param>
/// <param name="onShutDown">The stack was disposed. On the loop.</param>
internal sealed class SocketBinding(SctpSocketOptions options, Action<Association> onAccepted, Action onShutDown)
{
    private readonly Lock _gate = new();
    private SctpSocketOptions _options = options;
    private SctpAssociationOptions _association = Fit(options, options.Association);
    private EndpointLoop? _loop;
    private bool _ownsLoop;
    private bool _isListening;
    private bool _isStopped;
    private bool _isClosed;                                  // only the loop

    /// <summary>The loop; null before it is bound.</summary>
    public EndpointLoop? Loop => _loop;

    /// <summary>The stack that it was given; null where it has one of its own.</summary>
    public SctpStack? Stack => _options.Stack;

    /// <summary>With what associations begin from now on.</summary>
    public SctpAssociationOptions Association => Volatile.Read(ref _association);

    /// <summary>Where it is bound, with the UDP port that the system chose; none before.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; private set; } = [];

    /// <summary>Our SCTP port; 0 before it is chosen.</summary>
    public ushort Port { get; private set; }

    /// <summary>The address of a peer, as the transport knows it.</summary>
    public NetworkAddress AddressOf(IPEndPoint remote) =>
        (_options.Stack?.Encapsulation ?? _options.Encapsulation) == SctpEncapsulation.RawIp ? remote.ToNetworkAddress().WithPort(0) : remote.ToNetworkAddress();

    /// <summary>Says where it is to be bound.</summary>
    /// <exception cref="ArgumentException">The addresses do not go together.</exception>
    /// <exception cref="InvalidOperationException">It is bound already, or lives on a stack.</exception>
    public void Place(IReadOnlyList<IPEndPoint> locals, ushort port)
    {
        LocalEnds.Check(locals, _options.Dtls, nameof(locals));
        lock (_gate)
        {
            if (_loop is not null || _options.Stack is not null)
            {
                throw new InvalidOperationException("The socket is bound already.");
            }

            _options = _options with { LocalEndPoints = locals, Port = port };
        }
    }

    /// <summary>Binds it, if it is not bound yet.</summary>
    /// <exception cref="ObjectDisposedException">It was stopped.</exception>
    /// <exception cref="SctpException">The address, or the SCTP port, cannot be used.</exception>
    public EndpointLoop Open()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isStopped, typeof(SctpSocket));
            if (_loop is not null)
            {
                return _loop;
            }

            SctpStack stack = _options.Stack ?? SctpStack.OpenFor(_options);
            _ownsLoop = _options.Stack is null;
            LocalEndPoints = stack.LocalEndPoints;
            _association = stack.Loop.Fit(_association);
            _loop = stack.Loop;
            try
            {
                Port = _loop.UseToAccept(_options.Port, onAccepted, OnShutDown);
                return _loop;
            }
            catch when (!_ownsLoop)
            {
                _loop = null;
                throw;
            }
            catch when (_ownsLoop)
            {
                _loop = null;
                stack.Loop.Life.Release();
                throw;
            }
        }
    }

    /// <summary>From now on peers may set up associations. Only once it is bound.</summary>
    public void Listen()
    {
        lock (_gate)
        {
            if (_isListening)
            {
                return;
            }

            _isListening = true;
            _loop!.Leave(_ => OpenPort());
        }

        _loop!.Schedule();
    }

    /// <summary>Changes the options that associations begin with.</summary>
    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    public void Change(Func<SctpAssociationOptions, SctpAssociationOptions> change)
    {
        lock (_gate)
        {
            SctpAssociationOptions changed = Fit(_options, change(_association));
            changed.Validate();
            _association = changed;
            if (!_isListening)
            {
                return;
            }

            _loop!.Leave(_ => OpenPort());
        }

        _loop!.Schedule();
    }

    /// <summary>Peers set up nothing any more. Completes when that is so.</summary>
    public Task StopAsync()
    {
        EndpointLoop? loop;
        lock (_gate)
        {
            _isStopped = true;                               // none is opened any more
            loop = _loop;
        }

        if (loop is null)
        {
            return Task.CompletedTask;
        }

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(_ =>
        {
            if (!_isClosed)
            {
                _isClosed = true;
                loop.Endpoint.ClosePort(Port);
                loop.Ports.StopAccepting(Port);
            }

            stopped.SetResult();
        });
        return stopped.Task;
    }

    /// <summary>Needs a loop of its own no longer. Completes once the address can be used again.</summary>
    public Task ReleaseAsync()
    {
        if (!_ownsLoop || _loop is not { } loop)
        {
            return Task.CompletedTask;
        }

        loop.Life.Release();
        return loop.Life.Freed;
    }

    // On the loop. The options may have changed since it was asked for.
    private void OpenPort()
    {
        if (!_isClosed)
        {
            _loop!.Endpoint.ClosePort(Port);
            _loop.Endpoint.OpenPort(Port, Association);
        }
    }

    // RFC 8260 §2.2.1: interleaving is not offered before the application says that it can handle it.
    private static SctpAssociationOptions Fit(SctpSocketOptions socket, SctpAssociationOptions options) =>
        (socket.InterleavesStreams ? options : options with { Extensions = options.Extensions & ~Extensions.Interleaving }).Prepared();

    // On the loop, the port having been taken away.
    private void OnShutDown()
    {
        _isClosed = true;
        onShutDown();
    }
}
