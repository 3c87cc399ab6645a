namespace Braid.Sctp.Tests.Sending;

public sealed class PeerWindowTests
{
    /// <summary>Found by the simulator: unreliable, seed 484. The probe was given up, and new data took the room that it never had.</summary>
    [Fact, Rfc(9260, "6.2.1"), Rfc(3758, "3.5")]
    public void A_lost_probe_does_not_open_the_window_wider_than_the_peer_has_said()
    {
        var window = new PeerWindow(1000);
        window.RequestProbe();
        window.OnSent(3000);
        Assert.Equal((true, 0L), (window.IsProbing, window.Available));
        window.OnMarkedLost(3000);
        Assert.Equal(1000, window.Available);
    }
}
