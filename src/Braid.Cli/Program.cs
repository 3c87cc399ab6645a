using System;
using System.CommandLine;
using System.Linq;
using System.Threading.Tasks;
using Braid.Cli.Commands;
using Braid.Cli.Output;

namespace Braid.Cli;

/// <summary>The <c>braid</c> command.</summary>
public static class Program
{
    /// <summary>Runs one command line.</summary>
    /// <returns>0 done, 1 failed, 2 wrong usage.</returns>
    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("SCTP over UDP: send files, talk, echo, simulate, or see a demonstration.")
        {
            DemoCommand.Create(),
            SendCommand.Create(),
            ReceiveCommand.Create(),
            EchoCommand.Create(),
            ConnectCommand.Create(),
            ListenCommand.Create(),
            PeerCommand.Create(),
            PerfCommand.Create(),
            LinkCommand.Create(),
            SimulateCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // Which command it was is said by what was typed instead, where there is something.
            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors.Skip(parsed.UnmatchedTokens.Count > 0 && parsed.Errors.Count > 1 ? 1 : 0))
            {
                await Console.Error.WriteLineAsync($"braid: {error.Message}").ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync($"Try '{CommandRunner.FullName(parsed.CommandResult)} --help'.").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
    }
}
