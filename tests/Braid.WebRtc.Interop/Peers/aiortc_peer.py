"""aiortc as a peer: aiortc_peer.py [--host ADDRESS] [--port PORT]. Says "ready URL aiortc VERSION", ends when its standard input does."""

import aiortc
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription, rtcicetransport
from aioice.ice import TransportPolicy

import scenarios


class Aiortc(scenarios.Library):
    name = "aiortc"
    version = aiortc.__version__
    Closed = aiortc.InvalidStateError

    def description(self, type, sdp):
        return RTCSessionDescription(sdp=sdp, type=type)

    def connect(self, configuration):
        """A connection. aiortc knows no iceTransportPolicy, but aioice below it does."""
        configuration = configuration or {}
        servers = [
            RTCIceServer(urls=server["urls"], username=server.get("username"), credential=server.get("credential"))
            for server in configuration.get("iceServers", [])
        ]
        plain = rtcicetransport.connection_kwargs

        def kwargs(ice_servers):
            policy = TransportPolicy.RELAY if configuration.get("iceTransportPolicy") == "relay" else TransportPolicy.ALL
            return {**plain(ice_servers), "transport_policy": policy}

        connection = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        create = connection._RTCPeerConnection__createSctpTransport

        def create_sctp_transport():
            rtcicetransport.connection_kwargs = kwargs
            try:
                return create()
            finally:
                rtcicetransport.connection_kwargs = plain

        connection._RTCPeerConnection__createSctpTransport = create_sctp_transport
        return connection


if __name__ == "__main__":
    scenarios.main(Aiortc())
