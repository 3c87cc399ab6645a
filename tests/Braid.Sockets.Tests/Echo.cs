using System;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>Somebody who sends every message back.</summary>
internal static class Echo
{
    /// <summary>Serves whoever comes, until the listener is disposed.</summary>
    public static async Task ServeAsync(SctpListener listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptAssociationAsync(cancellationToken), cancellationToken);
            }
        }
        catch (ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private static async Task ServeAsync(SctpAssociation association, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (SctpMessage message in association.ReadAllAsync(cancellationToken))
            {
                using (message)
                {
                    await association.SendAsync(message.ToArray(), default, cancellationToken);
                }
            }
        }
        catch (SctpException)
        {
            // Half of them abort.
        }

        await association.DisposeAsync();
    }
}
