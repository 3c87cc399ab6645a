using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Braid.Sctp.Wire;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>
/// The functions that native/usrsctp.c calls. Each reads its arguments, hands them on, and returns what the C function returns, or minus an
/// error number: no exception may leave them.
/// </summary>
public static unsafe class Exports
{
    [C("SOCK_STREAM")] private const int Stream = 1;
    [C("SOCK_SEQPACKET")] private const int SeqPacket = 5;
    private const uint MostOfAnOption = 1 << 20;
    private const int MostAddresses = 8;
    private const int OutsideOfKnownErrors = Errno.Invalid;

    /// <summary>usrsctp_init, usrsctp_init_nothreads.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_Init")]
    public static int Init(ushort port, nint output, nint debug, nint print, int hasThreads)
    {
        return (int)Caught(() =>
        {
            Library.Start(port, output, debug, print, hasThreads != 0);
            return 0;
        });
    }

    /// <summary>usrsctp_finish.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_Finish")]
    public static int Finish() => Guard(() =>
    {
        Library.Finish();
        return 0;
    });

    /// <summary>usrsctp_socket.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_Socket")]
    public static nint Socket(int domain, int type, int protocol, nint receive, nint send, uint threshold, nint userInfo) => (nint)Guard(() =>
    {
        if ((receive == 0 && (send != 0 || threshold != 0 || userInfo != 0)) || protocol != SocketOptions.Sctp || domain is not (SocketName.IPv4 or SocketName.IPv6 or SocketName.Own))
        {
            throw new RefusedException(Errno.Invalid);
        }

        if (domain == SocketName.Own && !Library.Current.HasOutput)
        {
            throw new RefusedException(Errno.FamilyNotSupported);
        }

        SocketSettings settings = SocketSettings.For(domain);
        var callbacks = new Callbacks(receive, send, threshold, userInfo);
        UsrsctpSocket socket = type switch
        {
            Stream => new OneToOneSocket(Library.Current, domain, callbacks, settings),
            SeqPacket => new OneToManySocket(Library.Current, domain, callbacks, settings),
            _ => throw new RefusedException(Errno.Invalid),
        };
        return socket.Handle;
    });

    /// <summary>usrsctp_close.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_Close")]
    public static int Close(nint handle) => With(handle, static socket =>
    {
        socket.Close();
        return 0;
    });

    /// <summary>usrsctp_bind.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_Bind")]
    public static int Bind(nint handle, nint name, uint length) => With(handle, socket =>
    {
        socket.Bind([name == 0 ? throw new RefusedException(Errno.Invalid) : SocketName.ReadShort(Sockaddr(name, length))]);
        return 0;
    });

    /// <summary>usrsctp_bindx.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_BindX")]
    public static int BindX(nint handle, nint addresses, int count, int flags) => With(handle, socket =>
    {
        LocalAddresses.Change(socket, Names(addresses, count), flags);
        return 0;
    });

    /// <summary>usrsctp_listen.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_Listen")]
    public static int Listen(nint handle, int backlog) => With(handle, socket =>
    {
        socket.Listen(backlog);
        return 0;
    });

    /// <summary>usrsctp_accept.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_Accept")]
    public static nint Accept(nint handle, nint name, uint* length) => (nint)Guard(() =>
    {
        UsrsctpSocket accepted = Library.Find(handle).Accept(out SocketName peer);
        peer.Write(name, length);
        return accepted.Handle;
    });

    /// <summary>usrsctp_peeloff.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_PeelOff")]
    public static nint PeelOff(nint handle, uint id) => (nint)Guard(() => Library.Find(handle).PeelOff(id).Handle);

    /// <summary>usrsctp_connect.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_Connect")]
    public static int Connect(nint handle, nint name, uint length) => With(handle, socket =>
    {
        socket.Connect([Name(name, length)]);
        return 0;
    });

    /// <summary>usrsctp_connectx.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_ConnectX")]
    public static int ConnectX(nint handle, nint addresses, int count, uint* id) => With(handle, socket =>
    {
        SctpAssociation association = socket.Connect(Names(addresses, count));
        if (id is not null)
        {
            *id = socket.Names.Of(association, socket);
        }

        return 0;
    });

    /// <summary>usrsctp_shutdown.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_Shutdown")]
    public static int Shutdown(nint handle, int how) => With(handle, socket =>
    {
        socket.Shutdown(how);
        return 0;
    });

    /// <summary>usrsctp_sendv.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_SendV")]
    public static nint SendV(nint handle, void* data, nuint length, nint to, int count, void* info, uint infoLength, uint infoType, int flags) => (nint)Guard(() =>
    {
        UsrsctpSocket socket = Library.Find(handle);
        if (data is null || length > int.MaxValue || count is < 0 or > MostAddresses || infoLength > int.MaxValue || (info is null && infoType != 0))
        {
            throw new RefusedException(data is null ? Errno.Fault : Errno.Invalid);
        }

        SendAttributes with = Sending.Read(socket, new ReadOnlySpan<byte>(info, info is null ? 0 : (int)infoLength), infoType);
        return Sending.Send(socket, new ReadOnlySpan<byte>(data, (int)length), to == 0 || count == 0 ? [] : SocketName.ReadAll(to, count), with, flags);
    });

    /// <summary>usrsctp_recvv.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_ReceiveV")]
    public static nint ReceiveV(nint handle, void* data, nuint length, nint from, uint* fromLength, void* info, uint* infoLength, uint* infoType, int* flags) => (nint)Guard(() =>
    {
        UsrsctpSocket socket = Library.Find(handle);
        if (data is null && length > 0)
        {
            throw new RefusedException(!socket.IsOneToMany && socket.Associations.Count == 0 ? Errno.NotConnected : Errno.Fault);
        }

        if (!Receiving.Read(socket, new Span<byte>(data, (int)Math.Min(length, int.MaxValue)), flags is null ? 0 : *flags, out IncomingPart part))
        {
            if (flags is not null)
            {
                *flags = 0;
            }

            return 0;
        }

        part.Peer.Write(from, fromLength);
        Receiving.WriteInfo(socket, part, info, infoLength, infoType);
        if (flags is not null)
        {
            *flags = part.Flags;
        }

        return part.Count;
    });

    /// <summary>usrsctp_getsockopt.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_GetOption")]
    public static int GetOption(nint handle, int level, int name, void* value, uint* length) => With(handle, socket =>
    {
        if (value is null || length is null)
        {
            throw new RefusedException(length is null ? Errno.Fault : Errno.Invalid);
        }

        uint room = *length;
        *length = level == SocketOptions.Sctp ? 0 : room;    // what a failure leaves there
        *length = (uint)SocketOptions.Get(socket, level, name, new Span<byte>(value, (int)Math.Min(room, MostOfAnOption)));
        return 0;
    });

    /// <summary>usrsctp_setsockopt.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_SetOption")]
    public static int SetOption(nint handle, int level, int name, void* value, uint length) => With(handle, socket =>
    {
        if (value is null && level == SocketOptions.Sctp)
        {
            throw new RefusedException(Errno.Invalid);
        }

        SocketOptions.Set(socket, level, name, new ReadOnlySpan<byte>(value, value is null ? 0 : (int)Math.Min(length, MostOfAnOption)));
        return 0;
    });

    /// <summary>usrsctp_opt_info.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_OptionInfo")]
    public static int OptionInfo(nint handle, uint id, int name, void* value, uint* length) => With(handle, socket =>
    {
        if (value is null || length is null)
        {
            throw new RefusedException(Errno.Fault);
        }

        *length = (uint)SocketOptions.GetInfo(socket, id, name, new Span<byte>(value, (int)Math.Min(*length, MostOfAnOption)));
        return 0;
    });

    /// <summary>usrsctp_getpaddrs.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_GetPeerAddresses")]
    public static int GetPeerAddresses(nint handle, uint id, nint* addresses) => With(handle, socket => Give(() => PeerAddresses.Of(socket, id), addresses));

    /// <summary>usrsctp_getladdrs.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_GetLocalAddresses")]
    public static int GetLocalAddresses(nint handle, uint id, nint* addresses) => handle == 0
        ? -Errno.NoMemory                                    // what libusrsctp says of it
        : With(handle, socket => Give(() => LocalAddresses.Of(socket, id), addresses));

    /// <summary>usrsctp_getassocid.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_GetAssociationId")]
    public static long GetAssociationId(nint handle, nint name) => Guard(() =>
    {
        UsrsctpSocket socket = Library.Find(handle);
        return name == 0 ? throw new RefusedException(Errno.Invalid) : socket.Find(SocketName.ReadAll(name, 1)[0]) is { } association ? socket.Names.Of(association, socket) : 0;
    });

    /// <summary>usrsctp_set_non_blocking.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_SetNonBlocking")]
    public static int SetNonBlocking(nint handle, int on) => With(handle, socket =>
    {
        socket.IsNonBlocking = on != 0;
        return 0;
    });

    /// <summary>usrsctp_get_non_blocking.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_GetNonBlocking")]
    public static int GetNonBlocking(nint handle) => With(handle, static socket => socket.IsNonBlocking ? 1 : 0);

    /// <summary>usrsctp_set_ulpinfo.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_SetUlpInfo")]
    public static int SetUlpInfo(nint handle, nint info) => With(handle, socket =>
    {
        socket.Callbacks.UserInfo = info;
        return 1;                                            // what libusrsctp says, which its manual does not know of
    });

    /// <summary>usrsctp_get_ulpinfo.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_GetUlpInfo")]
    public static int GetUlpInfo(nint handle, nint* info) => With(handle, socket =>
    {
        if (info is null)
        {
            return 0;
        }

        *info = socket.Callbacks.UserInfo;
        return 1;
    });

    /// <summary>usrsctp_set_upcall.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_SetUpcall")]
    public static int SetUpcall(nint handle, nint upcall, nint argument) => With(handle, socket =>
    {
        bool isAccepting = Library.Current.Callbacks.IsCalling;
        if (!isAccepting)
        {
            socket.SkipNews();
        }

        socket.Callbacks.SetUpcall(upcall, argument);
        if (isAccepting)
        {
            socket.Touch();                                  // accepted by an upcall, and up: nothing else may ever happen to it
        }

        return 0;
    });

    /// <summary>usrsctp_get_events.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_GetEvents")]
    public static int GetEvents(nint handle) => With(handle, static socket => socket.Events);

    /// <summary>usrsctp_register_address.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_RegisterAddress")]
    public static int RegisterAddress(nint address) => Guard(() =>
    {
        Library.Current.Links.Register(address);
        return 0;
    });

    /// <summary>usrsctp_deregister_address.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_DeregisterAddress")]
    public static int DeregisterAddress(nint address) => Guard(() =>
    {
        Library.Current.Links.Deregister(address);
        return 0;
    });

    /// <summary>usrsctp_conninput.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_ConnInput")]
    public static int ConnInput(nint address, void* packet, nuint length, byte ecn) => RunningCallbacks(() =>
    {
        if (packet is not null && length <= ushort.MaxValue)
        {
            Library.Current.Links.Find(address)?.Deliver(new ReadOnlySpan<byte>(packet, (int)length), ecn);
        }

        return 0;
    });

    /// <summary>usrsctp_handle_timers.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_HandleTimers")]
    public static int HandleTimers(uint elapsed) => RunningCallbacks(() =>
    {
        Library.Current.Time?.Advance(TimeSpan.FromMilliseconds(elapsed));
        return 0;
    });

    /// <summary>usrsctp_dumppacket.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_DumpPacket")]
    public static nint DumpPacket(void* packet, nuint length, int direction) => (nint)Guard(() => packet is null || length == 0 || length > ushort.MaxValue
        ? throw new RefusedException(Errno.Invalid)
        : PacketDump.Allocate(new ReadOnlySpan<byte>(packet, (int)length), direction != 0, DateTime.Now));

    /// <summary>usrsctp_enable_crc32c_offload, usrsctp_disable_crc32c_offload.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_SetChecksumOffload")]
    public static int SetChecksumOffload(int on) => Guard(() =>
    {
        Library.Current.ChecksumsAreOffloaded = on != 0;
        return 0;
    });

    /// <summary>usrsctp_crc32c.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_Checksum")]
    public static uint Checksum(byte* bytes, nuint length) =>
        bytes is null || length > int.MaxValue ? 0 : ~Crc32c.Append(uint.MaxValue, new ReadOnlySpan<byte>(bytes, (int)length));

    /// <summary>usrsctp_sysctl_set_….</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_SetSystemControl")]
    public static int SetSystemControl(nint name, uint value) => Guard(() =>
    {
        SystemControls.Set(Marshal.PtrToStringUTF8(name)!, value);
        return 0;
    });

    /// <summary>usrsctp_sysctl_get_….</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_GetSystemControl")]
    public static uint GetSystemControl(nint name) => SystemControls.Get(Marshal.PtrToStringUTF8(name)!);

    /// <summary>usrsctp_tunable_set_….</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_SetTunable")]
    public static int SetTunable(nint name, uint value) => Guard(() =>
    {
        SystemControls.Set(Marshal.PtrToStringUTF8(name)!, value);
        return 0;
    });

    /// <summary>usrsctp_get_stat.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)], EntryPoint = "braid_GetStatistics")]
    public static int GetStatistics(byte* statistics) => Guard(() =>
    {
        if (statistics is not null)
        {
            Statistics.Write(new Span<byte>(statistics, Statistics.Size), Library.IsStarted ? Library.Current : null);
        }

        return 0;
    });

    private static int Give(Func<IReadOnlyList<SocketName>> read, nint* addresses)
    {
        if (addresses is null)
        {
            throw new RefusedException(Errno.Fault);
        }

        IReadOnlyList<SocketName> names = read();
        *addresses = names.Count == 0 ? 0 : SocketName.Allocate(names);
        return names.Count;
    }

    private static SocketName Name(nint name, uint length) =>
        name == 0 ? throw new RefusedException(Errno.Invalid) : SocketName.Read(Sockaddr(name, length));

    private static ReadOnlySpan<byte> Sockaddr(nint name, uint length) => new((void*)name, (int)Math.Min(length, SocketName.StorageSize));

    private static SocketName[] Names(nint addresses, int count) =>
        addresses == 0 || count is < 1 or > MostAddresses ? throw new RefusedException(Errno.Invalid) : SocketName.ReadAll(addresses, count);

    private static int With(nint handle, Func<UsrsctpSocket, int> call) => (int)Guard(() => call(Library.Find(handle)));

    private static int Guard(Func<int> call) => (int)Guard(() => (long)call());

    private static long Guard(Func<long> call) => Library.Started?.Callbacks.RunsInEveryCall == true ? RunningCallbacks(call) : Caught(call);

    private static int RunningCallbacks(Func<int> call) => (int)RunningCallbacks(() => (long)call());

    private static long RunningCallbacks(Func<long> call) => Caught(() =>
    {
        using (Library.Current.Callbacks.Enter())
        {
            return Caught(call);
        }
    });

    private static long Caught(Func<long> call)
    {
        try
        {
            return call();
        }
        catch (RefusedException refused)
        {
            return -refused.Errno;
        }
        catch (SctpException exception)
        {
            return -Errno.Of(exception);
        }
        catch (ArgumentException)
        {
            return -Errno.Invalid;                           // outside its range
        }
        catch (ObjectDisposedException)
        {
            return -Errno.BadDescriptor;                     // closed by another thread this moment
        }
#pragma warning disable CA1031 // Behind it there is C, which knows no exceptions.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Library.Started?.Print($"usrsctp: {exception}");
            return -OutsideOfKnownErrors;
        }
    }
}
