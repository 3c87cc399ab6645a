using System;
using System.Linq;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Tests.Sdp;

namespace Braid.WebRtc.Tests.Jsep;

public sealed class CandidateTests
{
    private const string Line = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";

    private readonly Party _a = new Party("a").WithData();
    private readonly Party _b = new("b");

    [Fact, Rfc(9429, "4.1.19")]
    public void A_candidate_finds_its_section_by_tag_or_by_place()
    {
        _a.Negotiate(_b);
        Assert.Equal("b001", Add(new TrickledCandidate(Line, "0")));
        Assert.Equal("b001", Add(new TrickledCandidate(Line.Replace("5000", "5001", StringComparison.Ordinal), Index: 0)));
        Assert.Equal("b001", Add(new TrickledCandidate(Line.Replace("5000", "5002", StringComparison.Ordinal), "0", 7, "b001")));
        Assert.Equal("b001", Add(new TrickledCandidate($"{Line} ufrag b001", "0")));
        Assert.Equal("b001", Add(new TrickledCandidate($"a={Line}", "0")));
        Assert.Equal(4, _a.Remote.Sections[0].Candidates.Count);
        Assert.Contains($"a={Line}\r\n", _a.State.Remote!.Text, StringComparison.Ordinal);
    }

    [Fact, Rfc(8840, "8.2"), Rfc(9429, "4.1.19")]
    public void The_end_of_candidates_is_told_for_a_section_or_for_all()
    {
        _a.Negotiate(_b);
        Assert.Equal("b001", Add(new TrickledCandidate("", "0", null, "b001")));
        Assert.True(_a.Remote.Sections[0].IsEndOfCandidates);
        Assert.Equal("b001", Add(new TrickledCandidate("")));
    }

    [Fact, Rfc(9429, "4.1.19")]
    public void What_has_no_place_is_refused()
    {
        Assert.Equal(RTCErrorName.InvalidStateError, Refuse(new TrickledCandidate(Line, "0")));
        _a.Negotiate(_b);
        Assert.Equal(RTCErrorName.TypeError, Refuse(new TrickledCandidate(Line)));
        Assert.Equal(RTCErrorName.OperationError, Refuse(new TrickledCandidate(Line, "1")));
        Assert.Equal(RTCErrorName.OperationError, Refuse(new TrickledCandidate(Line, Index: 1)));
        Assert.Equal(RTCErrorName.OperationError, Refuse(new TrickledCandidate(Line, Index: -1)));
        Assert.Equal(RTCErrorName.OperationError, Refuse(new TrickledCandidate(Line, "0", null, "other")));
        Assert.Equal(RTCErrorName.OperationError, Refuse(new TrickledCandidate("candidate:nonsense", "0")));
        Assert.Equal(RTCErrorName.OperationError, Refuse(new TrickledCandidate($"{Line}\r\na=x", "0")));
        _a.State = OfferAnswer.Close(_a.State);
        Assert.Equal(RTCErrorName.InvalidStateError, Refuse(new TrickledCandidate(Line, "0")));
    }

    [Fact]
    public void There_is_an_end_to_them()
    {
        _a.Negotiate(_b);
        for (int i = 0; i < Candidates.Maximum; i++)
        {
            Add(new TrickledCandidate($"candidate:{i} 1 udp 1 192.0.2.1 5000 typ host", "0"));
        }

        Assert.Equal(RTCErrorName.OperationError, Refuse(new TrickledCandidate(Line, "0")));
    }

    [Fact, Rfc(8838, "9")]
    public void During_a_restart_each_session_gets_its_own()
    {
        _a.Negotiate(_b);
        string offer = _b.CreateOffer(restartsIce: true);
        _a.SetRemote(SdpType.Offer, offer);
        string now = _a.State.PendingRemote!.Description.Data!.Transport.Credentials!.Value.Ufrag;
        Assert.NotEqual("b001", now);
        Assert.Equal("b001", Add(new TrickledCandidate(Line, "0", null, "b001")));
        Assert.Equal(now, Add(new TrickledCandidate(Line, "0")));
        Assert.Single(_a.State.CurrentRemote!.Description.Sections[0].Candidates);
        Assert.Single(_a.State.PendingRemote!.Description.Sections[0].Candidates);
    }

    [Fact, Rfc(9143, "9")]
    public void A_candidate_of_a_bundled_section_is_one_of_the_transport()
    {
        _b.SetRemote(SdpType.Offer, Descriptions.ChromiumMaxBundle);
        CandidateResult bundled = Candidates.AddRemote(_b.State, new TrickledCandidate(Line, "0"));
        Assert.Equal("kkLm", bundled.Ufrag);
        var other = new Party("c");
        other.SetRemote(SdpType.Offer, Descriptions.ChromiumMedia.Replace("BUNDLE 0 1 2", "BUNDLE 1 2", StringComparison.Ordinal));
        CandidateResult apart = Candidates.AddRemote(other.State, new TrickledCandidate(Line, "0"));
        Assert.True(apart.Error.IsNone);
        Assert.Null(apart.Ufrag);
    }

    [Fact, Rfc(9429, "5.2.2")]
    public void Our_own_stand_in_what_we_describe_until_a_restart()
    {
        _a.Negotiate(_b);
        _a.State = Candidates.AddLocal(_a.State, Line, "a001");
        _a.State = Candidates.AddLocal(_a.State, "", "a001");
        _a.State = Candidates.AddLocal(_a.State, "candidate:9 1 udp 1 192.0.2.9 9 typ host", "other");
        Assert.EndsWith($"a={Line}\r\na=end-of-candidates\r\n", _a.State.Local!.Text, StringComparison.Ordinal);
        Assert.Contains($"a={Line}\r\na=end-of-candidates\r\n", _a.CreateOffer(), StringComparison.Ordinal);
        Assert.DoesNotContain("candidate", _a.CreateOffer(restartsIce: true), StringComparison.Ordinal);

        _a.SetRemote(SdpType.Offer, _b.CreateOffer());
        Assert.Contains($"a={Line}\r\n", _a.CreateAnswer(), StringComparison.Ordinal);
        Assert.Single(_a.State.CurrentLocal!.Description.Sections.Single().Candidates);
    }

    private string? Add(in TrickledCandidate candidate)
    {
        CandidateResult result = Candidates.AddRemote(_a.State, candidate);
        Assert.True(result.Error.IsNone, result.Error.ToString());
        _a.State = result.State;
        return result.Ufrag;
    }

    private RTCErrorName Refuse(in TrickledCandidate candidate)
    {
        CandidateResult result = Candidates.AddRemote(_a.State, candidate);
        Assert.Same(_a.State, result.State);
        Assert.False(result.Error.IsNone);
        return result.Error.Name;
    }
}
