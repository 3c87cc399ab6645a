using System;
using System.Globalization;
using System.IO;
using System.Text;
using Braid.Core;
using Braid.Dtls;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Sockets;

/// <summary>An association, or an attempt to set one up, has failed. The message is one line that a person understands.</summary>
public sealed class SctpException : IOException
{
    /// <param name="error">What went wrong.</param>
    /// <param name="message">The same for people.</param>
    /// <param name="innerException">What caused it, if anything did.</param>
    public SctpException(SctpError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>What went wrong.</summary>
    public SctpError Error { get; }

    /// <summary>The error cause in the ABORT chunk (RFC 9260 §3.3.10), where there was one.</summary>
    public ushort? CauseCode { get; private init; }

    /// <summary>What the peer's application gave as its reason, where it did (RFC 9260 §3.3.10.12).</summary>
    public string? PeerReason { get; private init; }

    /// <summary>
    /// The same for one more call. Thrown again and again one object would collect the stack traces of all calls, and show each the
    /// others' as well.
    /// </summary>
    internal static Exception Again(Exception end) => end switch
    {
        SctpException own => new SctpException(own.Error, own.Message, own.InnerException) { CauseCode = own.CauseCode, PeerReason = own.PeerReason },
        ObjectDisposedException disposed => new ObjectDisposedException(disposed.ObjectName),
        IRepeatedException own => own.Again(),
        _ => end,
    };

    /// <summary>The exception for a call that blocked too long.</summary>
    internal static SctpException TimedOut(TimeSpan timeout) =>
        new(SctpError.TimedOut, string.Create(CultureInfo.InvariantCulture, $"It took longer than {timeout.TotalSeconds} s."));

    /// <summary>The exception for who reads a stream that the peer has reset.</summary>
    internal static SctpException StreamEnded() => new(SctpError.StreamEnded, "The peer has reset the stream: nothing more will come on it.");

    /// <summary>The exception for a request that was not even begun.</summary>
    internal static Exception From(ReconfigurationStatus status) => status switch
    {
        ReconfigurationStatus.NotSupported => new SctpException(SctpError.NotSupported, "Not both sides know, and offer, stream reconfiguration (RFC 6525)."),
        ReconfigurationStatus.NotEstablished => new SctpException(SctpError.OperationAborted, "The association is shutting down: nothing of it can change."),
        ReconfigurationStatus.InvalidStream => new ArgumentException("There is no such stream."),
        ReconfigurationStatus.TooManyStreams => new ArgumentException("One request cannot name so many streams, or there cannot be so many."),
        ReconfigurationStatus.TooSoon => new SctpException(SctpError.InProgress, "An association can be reset once in 30 s (RFC 6525 §5.1.4)."),
        _ => new SctpException(SctpError.InProgress, "One of the streams is being reset already, or too much waits to be done."),
    };

    /// <summary>The exception for a request that came to nothing; null for one that did not.</summary>
    internal static SctpException? From(ReconfigurationResult result) => result switch
    {
        ReconfigurationResult.Performed or ReconfigurationResult.NothingToDo => null,
        ReconfigurationResult.Denied => new SctpException(SctpError.Denied, "The peer does not allow it."),
        ReconfigurationResult.WrongStream => new SctpException(SctpError.Denied, "The peer has no such stream."),
        ReconfigurationResult.GivenUp => new SctpException(SctpError.OperationAborted, "The association began to shut down before it was done."),
        ReconfigurationResult.AlreadyInProgress => new SctpException(SctpError.InProgress, "The peer has asked for something at the same time."),
        _ => new SctpException(SctpError.ProtocolViolation, "The peer lost count of the requests."),
    };

    /// <summary>The exception for a change of our addresses that the peer is not asked for.</summary>
    internal static Exception From(AddressRequestStatus status) => status switch
    {
        AddressRequestStatus.NotSupported => new SctpException(SctpError.NotSupported, "Not both sides know, and offer, a change of addresses (RFC 5061)."),
        AddressRequestStatus.NotEstablished => new SctpException(SctpError.OperationAborted, "The association is not up, or is shutting down: its addresses cannot change."),
        AddressRequestStatus.AlreadyThere => new ArgumentException("It is one of the association's addresses already."),
        AddressRequestStatus.NotThere => new ArgumentException("It is none of the association's addresses."),
        AddressRequestStatus.LastAddress => new ArgumentException("It is the last address that the peer can be reached from (RFC 5061 §5.3): another one has to be added before."),
        AddressRequestStatus.OutOfReach => new ArgumentException("The address means nothing to the peer: it does not reach as far as the peer is away."),
        _ => new SctpException(SctpError.InProgress, "An association has 8 addresses at most, and no more than 64 changes of them wait."),
    };

    /// <summary>The exception for a change of our addresses that came to nothing; null for one that did not.</summary>
    internal static SctpException? From(AssociationEvent.AddressRequestSettled settled) => settled.Outcome switch
    {
        AddressRequestOutcome.Acknowledged => null,
        AddressRequestOutcome.Refused => new SctpException(SctpError.Denied, $"The peer does not allow it for {settled.Address.WithPort(0)}.")
        {
            CauseCode = settled.CauseCode == 0 ? null : settled.CauseCode,
        },
        _ => new SctpException(SctpError.OperationAborted, "The association ended, or began to shut down, before the peer answered."),
    };

    /// <summary>The exception for the end of a DTLS session that somebody needs.</summary>
    internal static SctpException From(DtlsEnd end, NetworkAddress remote)
    {
        SctpError error = end.Reason switch
        {
            DtlsEndReason.TimedOut => SctpError.ConnectTimeout,
            DtlsEndReason.ClosedByPeer => SctpError.PeerAborted,
            DtlsEndReason.Closed => SctpError.OperationAborted,
            _ => SctpError.SecurityFailed,
        };
        return new SctpException(error, $"The DTLS session with {remote} has ended. {end.Message}");
    }

    /// <summary>The exception for the end of an association; null for a graceful one.</summary>
    internal static SctpException? From(AssociationEvent.Closed closed, NetworkAddress remote)
    {
        string cause = Describe(closed);
        string text = Encoding.UTF8.GetString(closed.CauseInfo.Span);
        bool hasReason = closed.CauseCode == (ushort)Sctp.Wire.CauseCode.UserInitiatedAbort && text.Length > 0;
        (SctpError error, string message) = closed.Reason switch
        {
            CloseReason.Shutdown => (SctpError.AssociationClosed, "The association was closed."),
            CloseReason.Aborted => (SctpError.OperationAborted, "The association was aborted."),
            CloseReason.AbortedByPeer => (SctpError.PeerAborted, $"The peer at {remote} aborted the association{cause}."),
            CloseReason.Refused => (SctpError.ConnectionRefused, $"The peer at {remote} refused the association{cause}."),
            CloseReason.SetupTimedOut => (SctpError.ConnectTimeout,
                string.Create(CultureInfo.InvariantCulture, $"Timed out: the peer at {remote} did not answer {closed.Attempts} attempts to connect.")),
            CloseReason.ShutdownTimedOut => (SctpError.PeerUnreachable, $"Timed out: the peer at {remote} did not finish the shutdown."),
            CloseReason.PeerUnreachable => (SctpError.PeerUnreachable,
                string.Create(CultureInfo.InvariantCulture, $"Timed out: the peer at {remote} no longer answers, after {closed.Attempts} attempts.")),
            CloseReason.UnfinishedRecord => (SctpError.OperationAborted, "The association was aborted: it was shut down while a message was being written."),
            CloseReason.ProtocolViolation => (SctpError.ProtocolViolation, $"The peer at {remote} broke the protocol{cause}."),
            _ => (SctpError.InternalError, "Braid broke one of its own rules and closed the association."),
        };
        return closed.Reason == CloseReason.Shutdown
            ? null
            : new SctpException(error, message)
            {
                CauseCode = closed.CauseCode == 0 ? null : closed.CauseCode,
                PeerReason = hasReason ? text : null,
            };
    }

    private static string Describe(AssociationEvent.Closed closed)
    {
        var code = (CauseCode)closed.CauseCode;
        string text = code is Sctp.Wire.CauseCode.None or Sctp.Wire.CauseCode.UserInitiatedAbort or Sctp.Wire.CauseCode.ProtocolViolation
            ? Printable(Encoding.UTF8.GetString(closed.CauseInfo.Span))
            : "";
        string name = code switch
        {
            Sctp.Wire.CauseCode.None => "",
            Sctp.Wire.CauseCode.InvalidStreamIdentifier => "invalid stream identifier",
            Sctp.Wire.CauseCode.MissingMandatoryParameter => "missing mandatory parameter",
            Sctp.Wire.CauseCode.StaleCookie => "stale cookie",
            Sctp.Wire.CauseCode.OutOfResource => "out of resource",
            Sctp.Wire.CauseCode.UnresolvableAddress => "unresolvable address",
            Sctp.Wire.CauseCode.UnrecognizedChunkType => "unrecognized chunk type",
            Sctp.Wire.CauseCode.InvalidMandatoryParameter => "invalid mandatory parameter",
            Sctp.Wire.CauseCode.UnrecognizedParameters => "unrecognized parameters",
            Sctp.Wire.CauseCode.NoUserData => "no user data",
            Sctp.Wire.CauseCode.CookieReceivedWhileShuttingDown => "cookie received while shutting down",
            Sctp.Wire.CauseCode.RestartWithNewAddresses => "restart of an association with new addresses",
            Sctp.Wire.CauseCode.UserInitiatedAbort => "user-initiated abort",
            Sctp.Wire.CauseCode.ProtocolViolation => "protocol violation",
            _ => string.Create(CultureInfo.InvariantCulture, $"cause {closed.CauseCode}"),
        };
        return name.Length == 0 && text.Length == 0 ? "" : name.Length == 0 ? $": {text}" : text.Length == 0 ? $": {name}" : $": {name}: {text}";
    }

    // It comes from the network and ends on somebody's terminal.
    private static string Printable(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            clean.Append(char.IsControl(c) ? '?' : c);
        }

        return clean.ToString();
    }
}

/// <summary>An exception that many calls end with: each throws one of its own.</summary>
internal interface IRepeatedException
{
    Exception Again();
}
