using System;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets;

/// <content>The keys that authenticate chunks (RFC 4895).</content>
public sealed partial class SctpSocket
{
    /// <inheritdoc cref="SctpAssociation.GetAuthenticationAsync"/>
    /// <param name="id">Which association.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public ValueTask<SctpAuthentication> GetAuthenticationAsync(SctpAssociationId id) => Of(id).GetAuthenticationAsync();

    /// <inheritdoc cref="SctpAssociation.SetAuthenticationKeyAsync" path="/summary"/>
    /// <param name="id">Which association.</param>
    /// <param name="key">The number of the key.</param>
    /// <param name="secret">The key, copied; empty for the null key.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public ValueTask<AuthenticationKeyStatus> SetAuthenticationKeyAsync(SctpAssociationId id, ushort key, ReadOnlyMemory<byte> secret) =>
        Of(id).SetAuthenticationKeyAsync(key, secret);

    /// <inheritdoc cref="SctpAssociation.ActivateAuthenticationKeyAsync" path="/summary"/>
    /// <param name="id">Which association.</param>
    /// <param name="key">The number of the key.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public ValueTask<AuthenticationKeyStatus> ActivateAuthenticationKeyAsync(SctpAssociationId id, ushort key) =>
        Of(id).ActivateAuthenticationKeyAsync(key);

    /// <inheritdoc cref="SctpAssociation.DeactivateAuthenticationKeyAsync" path="/summary"/>
    /// <param name="id">Which association.</param>
    /// <param name="key">The number of the key; not that of the active one.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public ValueTask<AuthenticationKeyStatus> DeactivateAuthenticationKeyAsync(SctpAssociationId id, ushort key) =>
        Of(id).DeactivateAuthenticationKeyAsync(key);

    /// <inheritdoc cref="SctpAssociation.DeleteAuthenticationKeyAsync" path="/summary"/>
    /// <param name="id">Which association.</param>
    /// <param name="key">The number of the key.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public ValueTask<AuthenticationKeyStatus> DeleteAuthenticationKeyAsync(SctpAssociationId id, ushort key) =>
        Of(id).DeleteAuthenticationKeyAsync(key);
}
