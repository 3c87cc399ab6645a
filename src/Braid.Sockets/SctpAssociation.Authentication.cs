using System;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets;

/// <content>The keys that authenticate chunks (RFC 4895).</content>
public sealed partial class SctpAssociation
{
    /// <summary>How chunks are authenticated (RFC 6458 §8.1.18, §8.2.3, §8.2.4).</summary>
    public ValueTask<SctpAuthentication> GetAuthenticationAsync() => new(_host.AskAsync(
        static (core, _) => new SctpAuthentication(core.ActiveAuthenticationKey, core.PeerAuthenticatedChunks, core.LocalAuthenticatedChunks)));

    /// <summary>
    /// Adds a shared key, or puts it in the place of the one with its number (SCTP_AUTH_KEY, RFC 6458 §8.3.3). The peer needs it too, before it is
    /// used.
    /// </summary>
    /// <param name="id">Its number.</param>
    /// <param name="secret">The key, copied; empty for the null key.</param>
    public ValueTask<AuthenticationKeyStatus> SetAuthenticationKeyAsync(ushort id, ReadOnlyMemory<byte> secret)
    {
        byte[] copy = secret.ToArray();
        return new(_host.AskAfterSendsAsync((core, now) =>
        {
            AuthenticationKeyStatus status = core.SetAuthenticationKey(now, id, copy);
            CryptographicOperations.ZeroMemory(copy);
            return status;
        }));
    }

    /// <summary>
    /// Makes a key the one that is used where a message names no other (SCTP_AUTH_ACTIVE_KEY, RFC 6458 §8.1.18): for everything that is sent
    /// after this call.
    /// </summary>
    /// <param name="id">Its number.</param>
    public ValueTask<AuthenticationKeyStatus> ActivateAuthenticationKeyAsync(ushort id) =>
        new(_host.AskAfterSendsAsync((core, now) => core.ActivateAuthenticationKey(now, id)));

    /// <summary>
    /// Sends no message with a key any more (SCTP_AUTH_DEACTIVATE_KEY, RFC 6458 §8.3.4). Once those that were sent with it are acknowledged,
    /// <see cref="SctpAuthenticationIndication.KeyFreed"/> is notified. What the peer sends with it stays good.
    /// </summary>
    /// <param name="id">Its number; not that of the active one.</param>
    public ValueTask<AuthenticationKeyStatus> DeactivateAuthenticationKeyAsync(ushort id) =>
        new(_host.AskAfterSendsAsync((core, now) => core.DeactivateAuthenticationKey(now, id)));

    /// <summary>Forgets a key that was deactivated and is needed no longer (SCTP_AUTH_DELETE_KEY, RFC 6458 §8.3.5): what the peer sends with it is dropped.</summary>
    /// <param name="id">Its number.</param>
    public ValueTask<AuthenticationKeyStatus> DeleteAuthenticationKeyAsync(ushort id) =>
        new(_host.AskAfterSendsAsync((core, now) => core.DeleteAuthenticationKey(now, id)));
}
