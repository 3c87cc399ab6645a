namespace Braid.WebRtc;

/// <summary>The names of errors in the W3C's documents: of DOMException, and JavaScript's TypeError and RangeError.</summary>
public enum RTCErrorName : byte
{
    /// <summary>No error.</summary>
    None,

    /// <summary>An argument is not of the kind, the length or the range that is asked for.</summary>
    TypeError,

    /// <summary>An argument is outside of its range.</summary>
    RangeError,

    /// <summary>The call does not fit the state that the object is in.</summary>
    InvalidStateError,

    /// <summary>The object does not allow that.</summary>
    InvalidAccessError,

    /// <summary>What is to be changed may not be changed: a local description is not the one that was created.</summary>
    InvalidModificationError,

    /// <summary>It could not be done, for a reason that has no name of its own.</summary>
    OperationError,

    /// <summary>It is not supported.</summary>
    NotSupportedError,

    /// <summary>The connection was lost.</summary>
    NetworkError,

    /// <summary>A text is not of the form that it has to have: the URL of a server.</summary>
    SyntaxError,
}

/// <summary>The W3C's RTCErrorDetailType: what an <see cref="RTCErrorName.OperationError"/> is about.</summary>
public enum RTCErrorDetail : byte
{
    /// <summary>Nothing more is known.</summary>
    None,

    /// <summary>A data channel could not be opened, or was closed by an error (data-channel-failure).</summary>
    DataChannelFailure,

    /// <summary>The DTLS handshake or session failed (dtls-failure).</summary>
    DtlsFailure,

    /// <summary>The peer's certificate is not one of those that its description names (fingerprint-failure).</summary>
    FingerprintFailure,

    /// <summary>The SCTP association failed (sctp-failure).</summary>
    SctpFailure,

    /// <summary>A description cannot be read (sdp-syntax-error); <see cref="RTCError.Line"/> says where.</summary>
    SdpSyntaxError,
}

/// <summary>Why something was refused: a value, for all that decides without throwing.</summary>
/// <param name="Name">The W3C's name for it.</param>
/// <param name="Message">For a person.</param>
/// <param name="Detail">What it is about.</param>
/// <param name="Line">The line of the description, from 1, where there is one; else 0.</param>
public readonly record struct RTCError(RTCErrorName Name, string Message, RTCErrorDetail Detail = RTCErrorDetail.None, int Line = 0)
{
    /// <summary>No error.</summary>
    public static RTCError None => default;

    /// <summary>Whether there is none.</summary>
    public bool IsNone => Name == RTCErrorName.None;

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : Line == 0 ? $"{Name}: {Message}" : $"{Name}: line {Line}: {Message}";

    internal static RTCError InvalidState(string message) => new(RTCErrorName.InvalidStateError, message);

    internal static RTCError Type(string message) => new(RTCErrorName.TypeError, message);

    internal static RTCError Operation(string message) => new(RTCErrorName.OperationError, message);
}
