using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>The library between usrsctp_init and usrsctp_finish: what all sockets of the process have in common.</summary>
internal sealed unsafe class Library
{
    private const long FirstHandle = 0x5343_5450_0000;       // never memory of this process: a program that looks behind a handle is stopped there
    private const long HandleStep = 16;

    private static readonly Lock s_gate = new();
    private static Library? s_current;
    private static long s_lastHandle = FirstHandle;

    private readonly ConcurrentDictionary<nint, UsrsctpSocket> _sockets = new();
    private readonly delegate* unmanaged[Cdecl]<nint, void*, nuint, byte, byte, int> _output;
    private readonly nint _debug;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, void> _print;

    private Library(ushort udpPort, nint output, nint debug, nint print, bool hasThreads)
    {
        _output = (delegate* unmanaged[Cdecl]<nint, void*, nuint, byte, byte, int>)output;
        _debug = debug;
        _print = (delegate* unmanaged[Cdecl]<nint, byte*, void>)print;
        HasThreads = hasThreads;
        Time = hasThreads ? null : new CallerTime();
        Callbacks = new CallbackQueue(hasThreads);
        Links = new ConnLinks(this);
        Stacks = new IpStacks(udpPort, StackOptions());
    }

    /// <summary>The library, started.</summary>
    /// <exception cref="RefusedException">It is not.</exception>
    public static Library Current => Volatile.Read(ref s_current) ?? throw new RefusedException(Errno.Invalid);

    /// <summary>The library; null where it is not started.</summary>
    public static Library? Started => Volatile.Read(ref s_current);

    /// <summary>Whether it is started.</summary>
    public static bool IsStarted => Volatile.Read(ref s_current) is not null;

    /// <summary>Whether it has threads of its own; otherwise it does what there is to do in the calls of the program.</summary>
    public bool HasThreads { get; }

    /// <summary>The caller's time; null where it is the system's.</summary>
    public CallerTime? Time { get; }

    /// <summary>Callbacks that wait to be called.</summary>
    public CallbackQueue Callbacks { get; }

    /// <summary>Addresses of the program's own (AF_CONN).</summary>
    public ConnLinks Links { get; }

    /// <summary>What moves packets over IP, and UDP.</summary>
    public IpStacks Stacks { get; }

    /// <summary>SCTP ports in use.</summary>
    public PortRegistry Ports { get; } = new();

    /// <summary>Sockets that there are.</summary>
    public ICollection<UsrsctpSocket> Sockets => _sockets.Values;

    /// <summary>Whether packets over AF_CONN have checksums of the program's.</summary>
    public bool ChecksumsAreOffloaded { get; set; }

    /// <summary>Starts it; a second time changes nothing.</summary>
    public static void Start(ushort udpPort, nint output, nint debug, nint print, bool hasThreads)
    {
        lock (s_gate)
        {
            if (s_current is null)
            {
                SystemControls.Reset();
                s_current = new Library(udpPort, output, debug, print, hasThreads);
            }
        }
    }

    /// <summary>Ends it, where there are no sockets and all associations have come to their end.</summary>
    /// <exception cref="RefusedException">There are some.</exception>
    public static void Finish()
    {
        Library library;
        lock (s_gate)
        {
            if (s_current is null)
            {
                return;
            }

            library = s_current;
            if (!library._sockets.IsEmpty || library.Stacks.AreBusy || library.Links.AreBusy)
            {
                throw new RefusedException(Errno.Busy);
            }

            library.Stacks.Dispose();
            library.Links.Dispose();
            s_current = null;
        }

        library.Callbacks.Dispose();                         // without the lock: a callback may be on its way in here
    }

    /// <summary>A socket by its handle.</summary>
    /// <exception cref="RefusedException">There is none, or no longer.</exception>
    public static UsrsctpSocket Find(nint handle) =>
        Volatile.Read(ref s_current) is { } library && library._sockets.TryGetValue(handle, out UsrsctpSocket? socket)
            ? socket
            : throw new RefusedException(Errno.BadDescriptor);

    /// <summary>Gives a socket its handle, which no other one will ever have.</summary>
    public nint Add(UsrsctpSocket socket)
    {
        var handle = (nint)Interlocked.Add(ref s_lastHandle, HandleStep);
        _sockets[handle] = socket;
        return handle;
    }

    /// <summary>Forgets a socket.</summary>
    /// <returns>False when that was done before.</returns>
    public bool Remove(UsrsctpSocket socket) => _sockets.TryRemove(socket.Handle, out _);

    /// <summary>Options of a stack.</summary>
    public SctpStackOptions StackOptions() => new()
    {
        TimeProvider = Time ?? TimeProvider.System,
        CookieLifetime = TimeSpan.FromMilliseconds(SystemControls.Get("sctp_valid_cookie_life_default")),
    };

    /// <summary>Whether the program sends packets itself.</summary>
    public bool HasOutput => _output != null;

    /// <summary>Hands a packet to the program.</summary>
    public void Output(nint address, void* packet, int length, byte tos)
    {
        if (_output != null)
        {
            _output(address, packet, (nuint)length, tos, 0);
        }
    }

    /// <summary>Says something to whoever looks for faults, where the program wants to know.</summary>
    public void Print(string text)
    {
        if (_debug == 0 || SystemControls.Get("sctp_debug_on") == 0)
        {
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text + "\n\0");
        fixed (byte* start = bytes)
        {
            _print(_debug, start);
        }
    }
}
