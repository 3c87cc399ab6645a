using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What an INIT asks for beside its fixed fields, and what is wrong with it.</summary>
internal ref struct InitReview
{
    /// <summary>A parameter's length is not what it says: nothing of it can be used.</summary>
    public bool IsMalformed;

    /// <summary>Why it is refused with an ABORT; null to go on.</summary>
    public CauseCode? Refusal;

    /// <summary>How much longer than usual the cookie should live (RFC 9260 §3.3.2.1.3).</summary>
    public TimeSpan WantedExtension;

    /// <summary>The peer's adaptation code point (RFC 5061 §4.2.6); null for none.</summary>
    public uint? Adaptation;

    /// <summary>What the peer knows.</summary>
    public Extensions Extensions;

    /// <summary>Address families that the peer can use: those that it says, and those that it shows (§5.1.2).</summary>
    public NetworkFamilies Families;

    /// <summary>What the peer says of authentication (RFC 4895 §3).</summary>
    public KeyVectorReader Authentication;

    /// <summary>Parameters that the peer wants reported when they are not known (§3.2.1).</summary>
    public ParameterReport Unrecognized;
}

/// <summary>
/// Reads an INIT and composes the INIT ACK, without keeping anything of either (RFC 9260 §5.1 B). Whether the INIT collides
/// with an association is for <see cref="ListeningProcedures"/> to see.
/// </summary>
internal sealed class InitResponder(EndpointOptions options, CookieMinter cookies, StatelessReplies replies)
{
    /// <summary>Looks at everything that does not depend on what exists here.</summary>
    /// <param name="init">The chunk.</param>
    /// <param name="room">Where the parameters to report go.</param>
    public static InitReview Review(in InitChunk init, Span<byte> room)
    {
        var review = new InitReview { Unrecognized = new ParameterReport(room) };
        bool hasHostName = false;
        NetworkFamilies said = NetworkFamilies.None;
        NetworkFamilies shown = NetworkFamilies.None;
        ParameterReader parameters = init.Parameters;
        while (parameters.TryRead(out ParameterView parameter))
        {
            if (parameter.Type == ParameterType.SupportedAddressTypes && SupportedAddressTypesParameter.TryRead(parameter, out SupportedAddressTypesParameter types))
            {
                said |= types.Families;
            }

            shown |= parameter.Type switch
            {
                ParameterType.IPv4Address => NetworkFamilies.IPv4,
                ParameterType.IPv6Address => NetworkFamilies.IPv6,
                _ => NetworkFamilies.None,
            };
            review.Extensions |= ExtensionRules.Read(parameter);
            review.Authentication.Consider(parameter);
            hasHostName |= parameter.Type == ParameterType.HostNameAddress;
            if (parameter.Type == ParameterType.CookiePreservative)
            {
                CookiePreservativeParameter.TryRead(parameter, out review.WantedExtension);
            }
            else if (parameter.Type == ParameterType.AdaptationIndication && AdaptationIndicationParameter.TryRead(parameter, out uint adaptation))
            {
                review.Adaptation = adaptation;
            }

            if (!review.Unrecognized.Consider(parameter))
            {
                break;
            }
        }

        review.IsMalformed = parameters.IsMalformed;
        review.Families = said == NetworkFamilies.None ? NetworkFamilies.All : said | shown;
        review.Extensions |= review.Authentication.IsComplete ? Extensions.Authentication : Extensions.None;
        review.Refusal = !InitRules.IsValid(init.Fields) ? CauseCode.InvalidMandatoryParameter
            : hasHostName ? CauseCode.UnresolvableAddress            // §5.1.2 B
            : null;
        return review;
    }

    /// <summary>Answers with an INIT ACK.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="to">Where the INIT came from.</param>
    /// <param name="claims">What the cookie says.</param>
    /// <param name="review">What the INIT asked for.</param>
    /// <param name="ours">What the association shall be like.</param>
    /// <param name="own">Our addresses in it.</param>
    public void Accept(
        Instant now, in ReplyAddress to, in CookieClaims claims, scoped in InitReview review, AssociationOptions ours, IReadOnlyList<NetworkAddress> own)
    {
        Span<byte> cookie = stackalloc byte[CookieMinter.MaximumLength];
        Extensions offered = ExtensionRules.Offered(options, ours) & ~(claims.Vectors is null ? Extensions.Authentication | Extensions.AddressReconfiguration : Extensions.None);
        CookieClaims whole = claims with
        {
            Extension = cookies.Grant(review.WantedExtension),
            PeerAdaptation = review.Adaptation,
            Extensions = ExtensionRules.Agreed(offered, review.Extensions),
        };
        int length = cookies.Mint(now, whole, cookie);
        Span<byte> room = stackalloc byte[CookieMinter.MaximumLength + KeyVectors.LongestOnWire + 600];
        var parameters = new ParameterWriter(room);
        parameters.TryWrite(ParameterType.StateCookie, cookie[..length]);
        NetworkFamilies source = to.Path.Remote.Family == NetworkFamily.IPv4 ? NetworkFamilies.IPv4 : NetworkFamilies.IPv6;
        SourceAddresses.WriteTold(ref parameters, own, to.Path, (review.Families | source) & options.Families);
        // Who knows none of them gets an INIT ACK that is no longer for it (RFC 5062 §9).
        ExtensionRules.Write(ref parameters, whole.Extensions == Extensions.None ? offered & Extensions.ZeroChecksum : offered);

        if (claims.Vectors is { } vectors)
        {
            KeyVectors.Write(ref parameters, vectors.Local);
        }

        if (ours.AdaptationIndication is { } value)
        {
            AdaptationIndicationParameter.TryWrite(ref parameters, value);
        }

        var reported = new ParameterReader(review.Unrecognized.Written);
        while (reported.TryRead(out ParameterView parameter))
        {
            parameters.TryWrite(ParameterType.UnrecognizedParameter, parameter.Bytes);
        }

        replies.AddInitAck(to, claims.Peer.InitiateTag, claims.Local, parameters.Written);
    }

    /// <summary>
    /// Refuses an INIT that would add addresses to an association that exists, and lists them (§5.2.1, §5.2.2,
    /// §3.3.10.11): a stranger must not take a peer's place by its address alone.
    /// </summary>
    /// <param name="to">Where the INIT came from.</param>
    /// <param name="tag">Its Initiate Tag.</param>
    /// <param name="addresses">The addresses that it has.</param>
    /// <param name="known">The association's.</param>
    public void RefuseNewAddresses(in ReplyAddress to, VerificationTag tag, in PeerAddresses addresses, PathSet known)
    {
        Span<byte> room = stackalloc byte[PeerAddresses.Capacity * 20];
        var list = new ParameterWriter(room);
        for (int i = 0; i < addresses.Count; i++)
        {
            if (known.Find(addresses[i]) is null)
            {
                AddressParameter.TryWrite(ref list, addresses[i]);
            }
        }

        replies.AddAbort(to, tag, CauseCode.RestartWithNewAddresses, list.Written);
    }
}
