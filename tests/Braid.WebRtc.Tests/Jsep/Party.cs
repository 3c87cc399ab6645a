using System;
using System.Globalization;
using System.Linq;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Tests.Jsep;

/// <summary>One side of offers and answers.</summary>
internal sealed class Party
{
    private readonly string _name;
    private int _credentials;

    public Party(string name, Func<SessionSettings, SessionSettings>? change = null)
    {
        _name = name;
        var settings = new SessionSettings { SessionId = (ulong)name[0], Fingerprints = [Fingerprint((byte)name[0])], TlsId = new string(name[0], 20) };
        State = JsepState.Create(change?.Invoke(settings) ?? settings);
    }

    public JsepState State { get; set; }

    public SessionDescription Local => State.Local!.Description;

    public SessionDescription Remote => State.Remote!.Description;

    public Negotiation Negotiated => State.Negotiated!;

    public static SdpFingerprint Fingerprint(byte value) =>
        new("sha-256", string.Join(':', Enumerable.Repeat(value.ToString("X2", CultureInfo.InvariantCulture), 32)));

    public Party WithData()
    {
        State = OfferAnswer.WantData(State);
        return this;
    }

    public IceCredentials Fresh()
    {
        _credentials++;
        return new IceCredentials($"{_name}{_credentials:000}", $"{_name}{_credentials:000}".PadRight(22, 'x'));
    }

    public string CreateOffer(bool restartsIce = false)
    {
        Do(OfferAnswer.CreateOffer(State, Fresh(), restartsIce));
        return State.LastOffer!;
    }

    public string CreateAnswer()
    {
        Do(OfferAnswer.CreateAnswer(State, Fresh()));
        return State.LastAnswer!;
    }

    /// <summary>Without arguments, as perfect negotiation does it.</summary>
    public string SetLocal()
    {
        Do(OfferAnswer.SetLocal(State, null, "", Fresh()));
        return State.Local!.Text;
    }

    public void SetLocal(SdpType type, string text = "") => Do(OfferAnswer.SetLocal(State, type, text, Fresh()));

    public void SetRemote(SdpType type, string text = "") => Do(OfferAnswer.SetRemote(State, type, text));

    public RTCErrorName TrySetLocal(SdpType type, string text = "") => Fails(OfferAnswer.SetLocal(State, type, text, Fresh()));

    public RTCError TrySetRemote(SdpType type, string text = "")
    {
        JsepResult result = OfferAnswer.SetRemote(State, type, text);
        Fails(result);
        return result.Error;
    }

    public RTCErrorName Fails(JsepResult result)
    {
        Assert.False(result.IsOk);
        Assert.Same(State, result.State);
        Assert.NotEmpty(result.Error.Message);
        return result.Error.Name;
    }

    /// <summary>An offer of this side's, and the answer.</summary>
    public void Negotiate(Party peer)
    {
        peer.SetRemote(SdpType.Offer, SetLocal());
        SetRemote(SdpType.Answer, peer.SetLocal());
        Assert.Equal((SignalingState.Stable, SignalingState.Stable), (State.Signaling, peer.State.Signaling));
    }

    private void Do(JsepResult result)
    {
        Assert.True(result.IsOk, result.Error.ToString());
        State = result.State;
    }
}
