using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace PortYourTcpClient;

internal static class OverTcp
{
    public static async Task RunAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
            await LineProtocol.AskAsync(client.GetStream(), "TCP");
        }

        await serving;
    }

    private static async Task ServeAsync(TcpListener listener)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        await LineProtocol.AnswerAsync(client.GetStream());
    }
}
