namespace Braid.Sockets;

/// <summary>Keeps packets away that are for SCTP ports of others.</summary>
internal interface IPortFilter
{
    /// <summary>A port is in use from now on.</summary>
    void Admit(ushort port);

    /// <summary>It no longer is.</summary>
    /// <param name="port">The port.</param>
    /// <param name="lingers">Whether its packets are wanted a while longer: nobody else can want them.</param>
    void Dismiss(ushort port, bool lingers);
}
