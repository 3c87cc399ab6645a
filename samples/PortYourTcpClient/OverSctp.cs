using System.Net;
using System.Threading.Tasks;
using Braid.Sockets;

namespace PortYourTcpClient;

internal static class OverSctp
{
    public static async Task RunAsync()
    {
        await using var listener = SctpListener.Listen(new() { Port = 5001, ListenEndPoints = [new(IPAddress.Loopback, 0)] });
        Task serving = ServeAsync(listener);
        await using (SctpAssociation client = await SctpAssociation.ConnectAsync(
            new() { RemoteEndPoints = listener.LocalEndPoints, RemotePort = listener.Port }))
        {
            await LineProtocol.AskAsync(client.GetStream(0).AsStream(), "SCTP");
        }

        await serving;
    }

    private static async Task ServeAsync(SctpListener listener)
    {
        await using SctpAssociation client = await listener.AcceptAssociationAsync();
        await LineProtocol.AnswerAsync(client.GetStream(0).AsStream());
    }
}
