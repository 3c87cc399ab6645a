namespace Braid.Sockets;

/// <summary>What was copied into the caller's memory.</summary>
/// <param name="Count">Bytes, at least 1.</param>
/// <param name="Info">How the message came.</param>
/// <param name="EndOfMessage">
/// Whether the message ends with these bytes. If it does not, the memory was too short or the message comes in parts: the
/// next call goes on where this one stopped. Nothing is ever cut off.
/// </param>
public readonly record struct SctpReceiveResult(int Count, SctpReceiveInfo Info, bool EndOfMessage);
