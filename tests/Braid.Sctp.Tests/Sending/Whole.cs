using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Sending;

internal static class Whole
{
    /// <summary>A message that is cut into one fragment, as it leaves the send queue.</summary>
    public static Fragment Message(OutboundMessagePool messages, BufferPool buffers, int length)
    {
        OutboundMessage message = messages.Rent(buffers.Rent(length), default);
        message.Cut = length;
        message.FragmentsHeld = 1;
        return new Fragment(message, 0, length, DataFlags.Beginning | DataFlags.Ending);
    }
}
