namespace Braid.WebRtc.Sdp;

/// <summary>Why a description is not read.</summary>
/// <param name="Line">Its line, from 1; 0 where what is missing has no line.</param>
/// <param name="Reason">For a person.</param>
internal readonly record struct SdpError(int Line, string Reason)
{
    public override string ToString() => Line == 0 ? Reason : $"line {Line}: {Reason}";

    /// <summary>As the W3C's interfaces report it.</summary>
    public RTCError ToRTCError() => new(RTCErrorName.OperationError, Reason, RTCErrorDetail.SdpSyntaxError, Line);
}
