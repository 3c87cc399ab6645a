using System;
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Braid.Cli.Commands;

/// <summary>What every command shares: options, logging, and one clear line on stderr when it fails.</summary>
internal static class CommandRunner
{
    /// <summary>Gives a command its action.</summary>
    public static void SetAction(Command command, Func<ParseResult, ILoggerFactory?, CancellationToken, Task<int>> action)
    {
        var verbose = new Option<bool>("--verbose") { Description = "Log what happens to stderr." };
        command.Add(verbose);
        command.SetAction((result, cancellationToken) => RunAsync(result, verbose, action, cancellationToken));
    }

    private static async Task<int> RunAsync(
        ParseResult result, Option<bool> verbose, Func<ParseResult, ILoggerFactory?, CancellationToken, Task<int>> action, CancellationToken cancellationToken)
    {
        using ILoggerFactory? loggers = result.GetValue(verbose) ? CreateLoggers() : null;
        try
        {
            return await action(result, loggers, cancellationToken);
        }
        catch (UsageException exception)
        {
            await Console.Error.WriteLineAsync($"braid: {exception.Message}");
            await Console.Error.WriteLineAsync($"Try 'braid {result.CommandResult.Command.Name} --help'.");
            return ExitCode.Usage;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("braid: interrupted");
            return ExitCode.Failed;
        }
        catch (Exception exception) when (exception is SctpException or TransferFailedException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"braid: {exception.Message}");
            return ExitCode.Failed;
        }
    }

    private static ILoggerFactory CreateLoggers() => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(LogLevel.Debug)
        .AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "HH:mm:ss.fff ";
            options.ColorBehavior = LoggerColorBehavior.Disabled;
        })
        .Services.AddStderr());
}
