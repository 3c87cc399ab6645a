namespace Braid.Dtls;

/// <summary>What a session has counted.</summary>
/// <param name="DatagramsReceived">Datagrams taken in.</param>
/// <param name="Discarded">Of these, such that were not used: no DTLS, forged, seen before, too late.</param>
/// <param name="RecordsOpened">Records of the application that arrived.</param>
/// <param name="RecordsSealed">Records of the application that were made.</param>
/// <param name="Lost">Datagrams and records that we had no room for.</param>
/// <param name="Flights">Flights of the handshake that were sent again after a time-out.</param>
public readonly record struct DtlsStatistics(
    long DatagramsReceived, long Discarded, long RecordsOpened, long RecordsSealed, long Lost, int Flights);
