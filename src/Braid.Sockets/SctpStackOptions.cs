using System;
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

    internal EndpointOptions ToEndpointOptions() => new()
    {
        MaximumAssociations = MaximumAssociations,
        CookieLifetime = CookieLifetime,
        BufferBudget = BufferBudget,
    };
}
