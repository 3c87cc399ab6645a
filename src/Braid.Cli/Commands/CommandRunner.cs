using System;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Dtls;
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
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        try
        {
            return await action(result, loggers, stop.Token);
        }
        catch (UsageException exception)
        {
            await Console.Error.WriteLineAsync($"braid: {exception.Message}");
            await Console.Error.WriteLineAsync($"Try '{FullName(result.CommandResult)} --help'.");
            return ExitCode.Usage;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("braid: interrupted");
            return ExitCode.Failed;
        }
        catch (Exception exception) when (exception is SctpException or TransferFailedException or IOException or UnauthorizedAccessException
            or DtlsUnavailableException)
        {
            await Console.Error.WriteLineAsync($"braid: {exception.Message}");
            return ExitCode.Failed;
        }

        // The first one ends the command in good order; who presses Ctrl+C twice does not want to wait for that.
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    /// <summary>What a person types: "braid perf client", and not the name of the file.</summary>
    public static string FullName(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{FullName(parent)} {command.Command.Name}" : "braid";

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
