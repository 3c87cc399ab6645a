using Braid.WebRtc.Jsep;
using Braid.WebRtc.Tests.Sdp;

namespace Braid.WebRtc.Tests.Jsep;

public sealed class SignalingStateTests
{
    private readonly Party _a = new Party("a").WithData();
    private readonly Party _b = new("b");

    // RFC 9429 §4.1.8's drawing: state, what is set, and where that leads; nothing for an error.
    [Theory, Rfc(9429, "3.2")]
    [InlineData(SignalingState.Stable, "local", SdpType.Offer, SignalingState.HaveLocalOffer)]
    [InlineData(SignalingState.Stable, "remote", SdpType.Offer, SignalingState.HaveRemoteOffer)]
    [InlineData(SignalingState.Stable, "local", SdpType.Answer, null)]
    [InlineData(SignalingState.Stable, "remote", SdpType.Answer, null)]
    [InlineData(SignalingState.Stable, "local", SdpType.PrAnswer, null)]
    [InlineData(SignalingState.Stable, "remote", SdpType.PrAnswer, null)]
    [InlineData(SignalingState.Stable, "local", SdpType.Rollback, null)]
    [InlineData(SignalingState.Stable, "remote", SdpType.Rollback, null)]
    [InlineData(SignalingState.HaveLocalOffer, "local", SdpType.Offer, SignalingState.HaveLocalOffer)]
    [InlineData(SignalingState.HaveLocalOffer, "remote", SdpType.Offer, SignalingState.HaveRemoteOffer)]
    [InlineData(SignalingState.HaveLocalOffer, "local", SdpType.Answer, null)]
    [InlineData(SignalingState.HaveLocalOffer, "remote", SdpType.Answer, SignalingState.Stable)]
    [InlineData(SignalingState.HaveLocalOffer, "remote", SdpType.PrAnswer, SignalingState.HaveRemotePranswer)]
    [InlineData(SignalingState.HaveLocalOffer, "local", SdpType.Rollback, SignalingState.Stable)]
    [InlineData(SignalingState.HaveLocalOffer, "remote", SdpType.Rollback, SignalingState.Stable)]
    [InlineData(SignalingState.HaveRemoteOffer, "local", SdpType.Offer, null)]
    [InlineData(SignalingState.HaveRemoteOffer, "remote", SdpType.Offer, SignalingState.HaveRemoteOffer)]
    [InlineData(SignalingState.HaveRemoteOffer, "local", SdpType.Answer, SignalingState.Stable)]
    [InlineData(SignalingState.HaveRemoteOffer, "remote", SdpType.Answer, null)]
    [InlineData(SignalingState.HaveRemoteOffer, "local", SdpType.PrAnswer, SignalingState.HaveLocalPranswer)]
    [InlineData(SignalingState.HaveRemoteOffer, "local", SdpType.Rollback, SignalingState.Stable)]
    [InlineData(SignalingState.HaveRemoteOffer, "remote", SdpType.Rollback, SignalingState.Stable)]
    [InlineData(SignalingState.HaveLocalPranswer, "local", SdpType.PrAnswer, SignalingState.HaveLocalPranswer)]
    [InlineData(SignalingState.HaveLocalPranswer, "local", SdpType.Answer, SignalingState.Stable)]
    [InlineData(SignalingState.HaveLocalPranswer, "local", SdpType.Offer, null)]
    [InlineData(SignalingState.HaveLocalPranswer, "remote", SdpType.Offer, null)]
    [InlineData(SignalingState.HaveLocalPranswer, "local", SdpType.Rollback, null)]
    [InlineData(SignalingState.HaveRemotePranswer, "remote", SdpType.PrAnswer, SignalingState.HaveRemotePranswer)]
    [InlineData(SignalingState.HaveRemotePranswer, "remote", SdpType.Answer, SignalingState.Stable)]
    [InlineData(SignalingState.HaveRemotePranswer, "remote", SdpType.Offer, null)]
    [InlineData(SignalingState.HaveRemotePranswer, "local", SdpType.Offer, null)]
    [InlineData(SignalingState.HaveRemotePranswer, "remote", SdpType.Rollback, null)]
    [InlineData(SignalingState.Closed, "local", SdpType.Offer, null)]
    [InlineData(SignalingState.Closed, "remote", SdpType.Offer, null)]
    [InlineData(SignalingState.Closed, "local", SdpType.Rollback, null)]
    public void What_is_set_leads_to_the_next_state_or_is_refused(object state, string side, object type, object? next)
    {
        Bring((SignalingState)state);
        JsepResult result = side == "local"
            ? OfferAnswer.SetLocal(_a.State, (SdpType)type, "", _a.Fresh())
            : OfferAnswer.SetRemote(_a.State, (SdpType)type, RemoteText((SdpType)type));
        if (next is null)
        {
            Assert.Equal(RTCErrorName.InvalidStateError, _a.Fails(result));
            return;
        }

        Assert.True(result.IsOk, result.Error.ToString());
        Assert.Equal(next, result.State.Signaling);
        bool isStable = result.State.Signaling == SignalingState.Stable;
        Assert.Equal(isStable, result.State.PendingLocal is null && result.State.PendingRemote is null);
    }

    [Fact]
    public void Offers_and_answers_are_made_only_where_they_fit()
    {
        Assert.Equal(RTCErrorName.InvalidStateError, _a.Fails(OfferAnswer.CreateAnswer(_a.State, _a.Fresh())));
        _a.SetRemote(SdpType.Offer, Descriptions.ChromiumData);
        Assert.Equal(RTCErrorName.InvalidStateError, _a.Fails(OfferAnswer.CreateOffer(_a.State, _a.Fresh())));
        _a.State = OfferAnswer.Close(_a.State);
        Assert.Equal(RTCErrorName.InvalidStateError, _a.Fails(OfferAnswer.CreateOffer(_a.State, _a.Fresh())));
        Assert.Equal(RTCErrorName.InvalidStateError, _a.Fails(OfferAnswer.CreateAnswer(_a.State, _a.Fresh())));
    }

    [Fact, Rfc(9429, "5.4")]
    public void Only_what_was_created_last_can_be_set()
    {
        string first = _a.CreateOffer();
        string second = _a.CreateOffer();
        Assert.Equal(RTCErrorName.InvalidModificationError, _a.TrySetLocal(SdpType.Offer, first));
        Assert.Equal(RTCErrorName.InvalidModificationError, _a.TrySetLocal(SdpType.Offer, second + "a=x\r\n"));
        _a.SetLocal(SdpType.Offer, second);
        Assert.Equal(second, _a.State.Local!.Text);
    }

    [Fact]
    public void Without_a_text_the_offer_that_was_created_is_set_unless_it_is_outdated()
    {
        _b.CreateOffer();
        _b.WithData();
        Assert.NotNull(Single(_b.SetLocal()));
        string offer = _a.CreateOffer();
        Assert.Equal(offer, _a.SetLocal());

        static object? Single(string text) => DescriptionReaderTests.Read(text).Data;
    }

    [Fact]
    public void An_unreadable_description_names_the_line_and_changes_nothing()
    {
        RTCError error = _a.TrySetRemote(SdpType.Offer, "v=0\r\no=nonsense\r\n");
        Assert.Equal((RTCErrorName.OperationError, RTCErrorDetail.SdpSyntaxError, 2), (error.Name, error.Detail, error.Line));
        Assert.Equal(2, new RTCException(error).SdpLineNumber);
    }

    // W3C WebRTC's example of perfect negotiation: the polite one yields, the other one ignores.
    [Fact, Rfc(9429, "4.1.10.2")]
    public void Two_offers_that_cross_end_in_one_session()
    {
        Party polite = _a;
        Party impolite = _b.WithData();
        string ofPolite = polite.SetLocal();
        string ofImpolite = impolite.SetLocal();
        Assert.Equal(SignalingState.HaveLocalOffer, impolite.State.Signaling);
        Assert.NotEqual(ofPolite, ofImpolite);

        polite.SetRemote(SdpType.Offer, ofImpolite);
        Assert.Equal(SignalingState.HaveRemoteOffer, polite.State.Signaling);
        impolite.SetRemote(SdpType.Answer, polite.SetLocal());
        Assert.Equal((SignalingState.Stable, SignalingState.Stable), (polite.State.Signaling, impolite.State.Signaling));
        Assert.False(polite.State.IsNegotiationNeeded || impolite.State.IsNegotiationNeeded);
        Assert.Equal(polite.Negotiated.Local, impolite.Negotiated.Remote);
    }

    [Fact]
    public void Negotiation_is_wanted_once_until_it_is_done()
    {
        Assert.Equal((true, 1), (_a.State.IsNegotiationNeeded, _a.State.NegotiationsWanted));
        _a.WithData();
        Assert.Equal(1, _a.State.NegotiationsWanted);
        _a.Negotiate(_b);
        Assert.Equal((false, 1), (_a.State.IsNegotiationNeeded, _a.State.NegotiationsWanted));
        Assert.Equal(0, _b.State.NegotiationsWanted);
        _b.WithData();
        Assert.Equal(0, _b.State.NegotiationsWanted);
    }

    [Fact]
    public void What_becomes_needed_during_an_exchange_is_wanted_after_it()
    {
        _b.SetLocal();
        _b.WithData();
        Assert.Equal((false, 0), (_b.State.IsNegotiationNeeded, _b.State.NegotiationsWanted));
        var other = new Party("c");
        other.SetRemote(SdpType.Offer, _b.State.Local!.Text);
        _b.SetRemote(SdpType.Answer, other.SetLocal());
        Assert.Equal((true, 1), (_b.State.IsNegotiationNeeded, _b.State.NegotiationsWanted));
    }

    [Fact]
    public void Closed_is_the_end()
    {
        _b.State = OfferAnswer.Close(_b.State);
        Assert.Same(_b.State, OfferAnswer.WantData(_b.State));
        Assert.Same(_b.State, OfferAnswer.RestartIce(_b.State));
    }

    private string RemoteText(SdpType type)
    {
        if (type == SdpType.Rollback || _a.State.PendingLocal?.Type != SdpType.Offer || type == SdpType.Offer)
        {
            return Descriptions.ChromiumData;
        }

        var peer = new Party("b");
        peer.SetRemote(SdpType.Offer, _a.State.PendingLocal.Text);
        string answer = peer.CreateAnswer();
        return answer;
    }

    private void Bring(SignalingState state)
    {
        switch (state)
        {
            case SignalingState.HaveLocalOffer:
                _a.SetLocal(SdpType.Offer);
                break;
            case SignalingState.HaveRemoteOffer:
                _a.SetRemote(SdpType.Offer, Descriptions.ChromiumData);
                break;
            case SignalingState.HaveLocalPranswer:
                _a.SetRemote(SdpType.Offer, Descriptions.ChromiumData);
                _a.SetLocal(SdpType.PrAnswer);
                break;
            case SignalingState.HaveRemotePranswer:
                _a.SetLocal(SdpType.Offer);
                _a.SetRemote(SdpType.PrAnswer, RemoteText(SdpType.PrAnswer));
                break;
            case SignalingState.Closed:
                _a.State = OfferAnswer.Close(_a.State);
                break;
            default:
                break;
        }

        Assert.Equal(state, _a.State.Signaling);
    }
}
