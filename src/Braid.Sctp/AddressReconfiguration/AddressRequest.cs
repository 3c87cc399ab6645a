using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>A change of our addresses that we ask for.</summary>
/// <param name="Id">ASCONF-Request Correlation ID, which our application knows as well.</param>
/// <param name="Kind">What is asked for.</param>
/// <param name="Address">For which address.</param>
internal readonly record struct AddressRequest(uint Id, AddressRequestKind Kind, NetworkAddress Address)
{
    /// <summary>The parameter that asks for it.</summary>
    public ParameterType Type => Kind switch
    {
        AddressRequestKind.Add => ParameterType.AddIPAddress,
        AddressRequestKind.Remove => ParameterType.DeleteIPAddress,
        _ => ParameterType.SetPrimaryAddress,
    };

    /// <summary>The event that tells how it ended.</summary>
    public AssociationEvent Settled(AddressRequestOutcome outcome, CauseCode cause = CauseCode.None) =>
        new AssociationEvent.AddressRequestSettled(Id, Kind, Address, outcome, (ushort)cause);
}
