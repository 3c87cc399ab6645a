using System;
using Braid.Ice;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Braid.WebRtc;

/// <summary>Every log message of this library, with its number.</summary>
internal static partial class LogMessages
{
    /// <summary>The logger of this library.</summary>
    public static ILogger LoggerFor(ILoggerFactory? factory) => (factory ?? NullLoggerFactory.Instance).CreateLogger("Braid.WebRtc");

    [LoggerMessage(1, LogLevel.Information, "Connection {Id} is {State}.")]
    public static partial void StateChanged(ILogger logger, long id, RTCPeerConnectionState state);

    [LoggerMessage(2, LogLevel.Warning, "Connection {Id} has failed: {Reason}. {Message}")]
    public static partial void Failed(ILogger logger, long id, RTCFailureReason reason, string message);

    [LoggerMessage(3, LogLevel.Error, "A handler of the event {Kind} has thrown.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, EventKind kind);

    [LoggerMessage(4, LogLevel.Critical, "The loop of connection {Id} failed; the connection is closed.")]
    public static partial void LoopFailed(ILogger logger, Exception exception, long id);

    [LoggerMessage(5, LogLevel.Debug, "Connection {Id}: {Record}")]
    public static partial void Ice(ILogger logger, long id, IceLogRecord record);

    [LoggerMessage(6, LogLevel.Debug, "Connection {Id}: channel {Channel} \"{Label}\" is {State}.")]
    public static partial void ChannelChanged(ILogger logger, long id, int channel, string label, RTCDataChannelState state);
}
