using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Braid.Usrsctp;

/// <summary>Functions of the program that a socket calls. They are called one at a time, with no lock held.</summary>
internal sealed unsafe class Callbacks
{
    private const int DoesNotWait = 1;                       // M_NOWAIT

    private readonly nint _receive;
    private readonly nint _send;
    private readonly uint _sendThreshold;
    private Upcall? _upcall;                                 // one object: no function gets another's argument
    private nint _userInfo;
    private long _lastRoom;
    private bool _skipsRoom;
    private bool _hasToldEnd;
    private int _news;

    /// <param name="receive">Gets what comes; 0 for none.</param>
    /// <param name="send">Is told of room in the send buffer; 0 for none.</param>
    /// <param name="sendThreshold">From how many bytes on it is told.</param>
    /// <param name="userInfo">What both get.</param>
    public Callbacks(nint receive, nint send, uint sendThreshold, nint userInfo)
    {
        _receive = receive;
        _send = send;
        _sendThreshold = sendThreshold;
        _userInfo = userInfo;
    }

    /// <summary>Whether there is anybody to be called.</summary>
    public bool AreWanted => _receive != 0 || _send != 0 || Volatile.Read(ref _upcall) is not null;

    /// <summary>Whether what comes goes to the receive callback.</summary>
    public bool Receives => _receive != 0;

    /// <summary>Whether there is an upcall.</summary>
    public bool HasUpcall => Volatile.Read(ref _upcall) is not null;

    /// <summary>What receive and send callback get.</summary>
    public nint UserInfo
    {
        get => Volatile.Read(ref _userInfo);
        set => Volatile.Write(ref _userInfo, value);
    }

    /// <summary>The same for a socket that was accepted by this one's.</summary>
    public Callbacks Copy() => new(_receive, _send, _sendThreshold, UserInfo);

    /// <summary>The room at the beginning is not worth a call: whoever accepts an association has it from the start.</summary>
    public void SkipRoom() => _skipsRoom = true;

    /// <summary>Who is called whenever something happens.</summary>
    /// <param name="upcall">The function; 0 for none.</param>
    /// <param name="argument">What it gets.</param>
    public void SetUpcall(nint upcall, nint argument)
    {
        Volatile.Write(ref _upcall, upcall == 0 ? null : new Upcall(upcall, argument));
    }

    /// <summary>There is something for the upcall to tell.</summary>
    /// <param name="count">How often.</param>
    public void AddNews(int count) => Interlocked.Add(ref _news, count);

    /// <summary>Tells the program what there is to tell. By one thread at a time.</summary>
    public void Run(UsrsctpSocket socket)
    {
        if (_send != 0 && !socket.IsClosed)
        {
            TellRoom(socket);
        }

        if (_receive != 0)
        {
            Receive(socket);
        }

        while (Volatile.Read(ref _upcall) is { } upcall && !socket.IsClosed && Volatile.Read(ref _news) > 0)
        {
            Interlocked.Decrement(ref _news);
            if (socket.Events != 0)
            {
                ((delegate* unmanaged[Cdecl]<nint, nint, int, void>)upcall.Function)(socket.Handle, upcall.Argument, DoesNotWait);
            }
        }
    }

    private void Receive(UsrsctpSocket socket)
    {
        while (!socket.IsClosed && socket.Incoming.NextLength is > 0 and int length)
        {
            // The program frees it.
            void* data = NativeMemory.Alloc((nuint)length);
            if (!socket.Incoming.TryRead(new Span<byte>(data, length), out IncomingPart part))
            {
                NativeMemory.Free(data);
                return;
            }

            SocketStore from = default;
            part.Peer.Write(from.Bytes);
            Call(socket, from, data, part.Count, ReceiveInfo.Of(part, FragmentsOf(socket, part)), part.Flags);
        }

        if (!socket.IsClosed && !_hasToldEnd && socket.HasEndedWell)
        {
            _hasToldEnd = true;
            Call(socket, default, null, 0, default, 0);
        }
    }

    // libusrsctp tells a callback the flags of the first DATA chunk: in Braid a message that fits into a packet has but one.
    private static ushort FragmentsOf(UsrsctpSocket socket, in IncomingPart part) =>
        part.IsNotification || !part.Info.BeginOfRecord ? (ushort)0
        : part.IsLast && part.Count <= (socket.FindLiving(part.Info.AssociationId)?.Host.Core.FragmentationPoint ?? int.MaxValue)
            ? (ushort)(ReceiveInfo.FirstFragment | ReceiveInfo.LastFragment)
            : ReceiveInfo.FirstFragment;

    private void Call(UsrsctpSocket socket, SocketStore from, void* data, int length, ReceiveInfo info, int flags) =>
        ((delegate* unmanaged[Cdecl]<nint, SocketStore, void*, nuint, ReceiveInfo, int, nint, int>)_receive)(
            socket.Handle, from, data, (nuint)length, info, flags, UserInfo);

    private void TellRoom(UsrsctpSocket socket)
    {
        long room = socket.Room;
        bool hasMore = room > _lastRoom && !_skipsRoom;
        _lastRoom = room;
        _skipsRoom &= room <= 0;
        if (hasMore && room >= Math.Max(_sendThreshold, 1))
        {
            ((delegate* unmanaged[Cdecl]<nint, uint, nint, int>)_send)(socket.Handle, (uint)Math.Min(room, uint.MaxValue), UserInfo);
            _lastRoom = socket.Room;
        }
    }

    private sealed record Upcall(nint Function, nint Argument);
}
