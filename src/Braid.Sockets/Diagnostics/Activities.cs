using System;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Braid.Sockets;

/// <summary>The activity source "Braid.Sockets": one span for each attempt to connect.</summary>
internal static class Activities
{
    private static readonly ActivitySource s_source = new(Meters.Name);

    /// <summary>Begins a span; nothing when nobody listens.</summary>
    public static Scope Connecting(SctpConnectOptions options)
    {
        Activity? activity = s_source.StartActivity("sctp.connect", ActivityKind.Client);
        if (activity is not null)
        {
            activity.SetTag("network.transport", "sctp");
            activity.SetTag("sctp.port", (int)options.RemotePort);
            if (options.RemoteEndPoints.Count > 0)
            {
                IPEndPoint remote = options.RemoteEndPoints[0];
                activity.DisplayName = string.Create(CultureInfo.InvariantCulture, $"sctp.connect {remote}");
                activity.SetTag("network.peer.address", remote.Address.ToString());
                activity.SetTag("network.peer.port", remote.Port);
            }
        }

        return new Scope(activity);
    }

    /// <summary>A span that ends when it is disposed.</summary>
    public readonly struct Scope(Activity? activity) : IDisposable
    {
        /// <summary>It did not work.</summary>
        public void Failed(SctpException exception)
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
            activity?.SetTag("error.type", exception.Error.ToString());
        }

        /// <inheritdoc/>
        public void Dispose() => activity?.Dispose();
    }
}
