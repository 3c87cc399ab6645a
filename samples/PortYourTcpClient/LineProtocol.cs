using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

namespace PortYourTcpClient;

/// <summary>Numbers in a line; their sum in the next.</summary>
internal static class LineProtocol
{
    public static async Task AskAsync(Stream stream, string over)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        foreach (string question in (string[])["1 2", "3 4 5", "6"])
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(question + "\n"));
            Console.WriteLine($"{over}: {question} -> {await reader.ReadLineAsync()}");
        }
    }

    public static async Task AnswerAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        while (await reader.ReadLineAsync() is { } line)
        {
            int sum = line.Split(' ').Sum(number => int.Parse(number, CultureInfo.InvariantCulture));
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{sum}\n"));
        }
    }
}
