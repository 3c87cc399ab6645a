using System;
using Braid.Core;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>What all associations and listeners of a <see cref="SctpStack"/> share.</summary>
public sealed record SctpStackOptions
{
    /// <summary>Associations that may exist at the same time; above it a peer is refused. From 0. Default 65536.</summary>
    public int MaximumAssociations { get; init; } = 65536;

    /// <summary>How long the cookie of the handshake is good for (Valid.Cookie.Life, RFC 9260 §16): 1 s to 1 h. Default 60 s.</summary>
    public TimeSpan CookieLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Bytes that send and receive buffers which size themselves may grow by, all associations of the stack together
    /// (<see cref="EndpointOptions.BufferBudget"/>). From 0. Default 512 MiB.
    /// </summary>
    public long BufferBudget { get; init; } = 512 << 20;

    /// <summary>Whether other sockets may use the same UDP port (SCTP_REUSE_PORT, RFC 6458 §8.1.27). Default false.</summary>
    public bool ReusePort { get; init; }

    /// <summary>Protects everything on the stack by DTLS (RFC 8261); peers must do the same. Null, the default, for nothing.</summary>
    public SctpDtlsOptions? Dtls { get; init; }

    /// <summary>
    /// Whether what awaits a message goes on at once, on the thread that received it, and not on the thread pool. That saves the waking of
    /// another thread, most of what a small message takes to an idle application. But all associations of that thread, those of other
    /// stacks too, stand still until the code after the await is done or awaits something else: code that blocks, waits for a lock or
    /// computes for long stops them, and one that blocks until an association has done something may wait for ever. Continuations that
    /// want a <see cref="System.Threading.SynchronizationContext"/> still go there. Default false.
    /// </summary>
    public bool UnsafePreferInlineScheduling { get; init; }

    /// <summary>Where time comes from. Default: the system.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where log messages go; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Whether every option is in its range.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public void Validate()
    {
        Dtls?.Validate();
        ToEndpointOptions().Validate();
    }

    /// <summary>Whether packets can travel so.</summary>
    /// <exception cref="ArgumentException">There is no such encapsulation, or DTLS does not go with it.</exception>
    internal static void CheckEncapsulation(SctpEncapsulation encapsulation, SctpDtlsOptions? dtls)
    {
        if (encapsulation is not (SctpEncapsulation.Udp or SctpEncapsulation.RawIp))
        {
            throw new ArgumentOutOfRangeException(nameof(encapsulation), encapsulation, "There is no such encapsulation.");
        }

        if (encapsulation == SctpEncapsulation.RawIp && dtls is not null)
        {
            throw new ArgumentException("DTLS runs over UDP, not over IP (RFC 8261 §1).", nameof(dtls));
        }
    }

    /// <summary>What stacks that belong together may grow by in all; null for each by itself.</summary>
    internal MemoryBudget? SharedBufferBudget { get; init; }

    internal EndpointOptions ToEndpointOptions() => new()
    {
        SharedBufferBudget = SharedBufferBudget,
        MaximumAssociations = MaximumAssociations,
        CookieLifetime = CookieLifetime,
        BufferBudget = BufferBudget,
    };
}
