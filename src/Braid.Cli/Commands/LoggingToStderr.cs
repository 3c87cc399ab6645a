using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Braid.Cli.Commands;

/// <summary>Standard output belongs to the data: every log line goes to standard error.</summary>
internal static class LoggingToStderr
{
    public static void AddStderr(this IServiceCollection services) =>
        services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
}
