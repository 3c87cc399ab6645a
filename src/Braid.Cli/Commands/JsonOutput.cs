using System;
using System.CommandLine;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary><c>--json</c>: the result as one object on stdout, and nothing else there, also when it is a failure.</summary>
internal static class JsonOutput
{
    public static Option<bool> Option() => new("--json") { Description = "Print the result as one JSON object." };

    public static void Write(TransferReport report) => Console.Out.WriteLine(JsonSerializer.Serialize(report, ReportJson.Default.TransferReport));

    /// <summary>Runs a transfer; a failure is written before it goes on to stderr.</summary>
    public static async Task<int> RunAsync(bool isJson, Func<Task<int>> transfer)
    {
        try
        {
            return await transfer();
        }
        catch (Exception exception) when (isJson && exception is SctpException or TransferFailedException or IOException or UnauthorizedAccessException)
        {
            Write(new TransferReport { Status = "failed", Error = exception.Message });
            throw;
        }
    }
}
