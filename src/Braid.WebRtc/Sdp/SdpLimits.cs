namespace Braid.WebRtc.Sdp;

/// <summary>What a description may hold. Far more than any that was seen, and so little that reading one takes milliseconds.</summary>
internal static class SdpLimits
{
    /// <summary>Characters in all.</summary>
    public const int Length = 1 << 20;

    /// <summary>Lines in all.</summary>
    public const int Lines = 32_768;

    /// <summary>Media sections.</summary>
    public const int Sections = 1024;

    /// <summary>Characters of what is copied from an offer into an answer: identification tags, media types, protocols, formats.</summary>
    public const int TokenLength = 256;
}
