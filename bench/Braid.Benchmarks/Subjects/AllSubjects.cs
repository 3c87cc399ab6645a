using System;
using System.Collections.Generic;
using System.Linq;

namespace Braid.Benchmarks;

/// <summary>Every subject by its name.</summary>
internal static class AllSubjects
{
    public const string Described =
        "braid; portable (Braid with a call for each packet); blocking (Braid with blocking calls, in round trips); inline (Braid that goes on where it received, in round trips); dtls (Braid over DTLS); raw (Braid over IP itself, as root); usrsctp (libusrsctp); "
        + "tcp (the kernel's); udp (the floor: no protocol, in bulk by UDP_SEGMENT and UDP_GRO)";

    private static readonly ISubject[] s_all =
    [
        new BraidSubject("braid"), new BraidSubject("portable", isPortable: true), new BraidSubject("blocking", blocks: true),
        new BraidSubject("inline", isInline: true), new BraidSubject("dtls", isSecure: true), new BraidSubject("raw", isRaw: true),
        new UsrsctpSubject(), new TcpSubject(), new UdpSubject(),
    ];

    /// <summary>Some of them, in order.</summary>
    /// <exception cref="ArgumentException">There is none of a name.</exception>
    public static IReadOnlyList<ISubject> Named(IEnumerable<string> names) => [.. names.Select(name =>
        s_all.FirstOrDefault(subject => subject.Name == name) ?? throw new ArgumentException($"there is no subject '{name}': {Described}"))];
}
