using System;
using System.Net;
using Braid.Core;
using Braid.Sctp;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Braid.Sockets;

/// <summary>Every log message of this library, with its number.</summary>
internal static partial class LogMessages
{
    /// <summary>The logger of this library.</summary>
    public static ILogger LoggerFor(ILoggerFactory? factory) => (factory ?? NullLoggerFactory.Instance).CreateLogger("Braid.Sockets");

    [LoggerMessage(1, LogLevel.Information, "Listening on UDP {LocalEndPoint}, SCTP port {Port}.")]
    public static partial void Listening(ILogger logger, IPEndPoint? localEndPoint, ushort port);

    [LoggerMessage(2, LogLevel.Information, "Association with {Remote} is up: {Outgoing} streams out, {Incoming} in, extensions {Extensions}.")]
    public static partial void Established(ILogger logger, NetworkAddress remote, int outgoing, int incoming, Extensions extensions);

    [LoggerMessage(3, LogLevel.Warning, "The peer at {Remote} has restarted the association.")]
    public static partial void Restarted(ILogger logger, NetworkAddress remote);

    [LoggerMessage(4, LogLevel.Information, "Association with {Remote} has ended: {Reason}.")]
    public static partial void Closed(ILogger logger, NetworkAddress remote, CloseReason reason);

    [LoggerMessage(5, LogLevel.Information, "The path to {Remote} is {State} now.")]
    public static partial void PathChanged(ILogger logger, NetworkAddress remote, PathState state);

    [LoggerMessage(6, LogLevel.Warning, "The peer at {Remote} reports an error, cause {CauseCode}.")]
    public static partial void RemoteError(ILogger logger, NetworkAddress remote, ushort causeCode);

    [LoggerMessage(7, LogLevel.Critical, "The loop of an endpoint failed; its associations are closed.")]
    public static partial void LoopFailed(ILogger logger, Exception exception);

    [LoggerMessage(8, LogLevel.Error, "The options callback failed; the association with {Remote} is refused.")]
    public static partial void CallbackFailed(ILogger logger, Exception exception, NetworkAddress remote);

    [LoggerMessage(9, LogLevel.Warning, "The DTLS session with {Remote} has failed. {Reason}")]
    public static partial void SessionFailed(ILogger logger, NetworkAddress remote, string reason);
}
