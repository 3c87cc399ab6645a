using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>What an authentic answer to a check makes of its pair.</summary>
internal enum CheckAnswerKind : byte
{
    /// <summary>The pair works.</summary>
    Success,

    /// <summary>Both agents have the same role.</summary>
    Conflict,

    /// <summary>The peer does not want the pair; one whose check was given up is not failed by that.</summary>
    Refused,

    /// <summary>The pair cannot be used, whatever else was sent.</summary>
    Unusable,
}

/// <summary>An authentic answer to a check, read (RFC 8445 §7.2.5).</summary>
/// <param name="Kind">What it makes of the pair.</param>
/// <param name="Mapped">Our address as the peer sees it.</param>
/// <param name="Why">Why the pair does not work, in words.</param>
internal readonly record struct CheckAnswer(CheckAnswerKind Kind, NetworkAddress Mapped, string Why)
{
    public static CheckAnswer Read(in OutgoingMessage check, in StunView response, in NetworkPath path)
    {
        if (path != check.Path)
        {
            return new CheckAnswer(CheckAnswerKind.Unusable, default, $"the answer came on another way, {path}");   // §7.2.5.2.1
        }

        if (response.Class == StunClass.ErrorResponse)
        {
            int code = response.TryReadError(out int error, out _) ? error : 0;
            return code == StunError.RoleConflict
                ? new CheckAnswer(CheckAnswerKind.Conflict, default, "")
                : new CheckAnswer(CheckAnswerKind.Refused, default, $"{code} {StunError.ReasonOf(code)}");
        }

        return response.FindUnknownRequired(stackalloc ushort[1]) == 0
            && response.TryReadAddress(StunAttributeType.XorMappedAddress, out NetworkAddress mapped)
            ? new CheckAnswer(CheckAnswerKind.Success, mapped, "")
            : new CheckAnswer(CheckAnswerKind.Unusable, default, "the answer tells no address");
    }
}
