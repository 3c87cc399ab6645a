using System;
using System.Threading.Tasks;
using Spectre.Console;

namespace Braid.Cli.Output;

/// <summary>Bars on stderr, beside work that knows nothing of them.</summary>
internal static class ProgressBars
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(100);

    /// <summary>An empty display.</summary>
    public static Progress Create() =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }).Progress();

    /// <summary>Brings the bars up to date again and again until the work is done.</summary>
    public static async Task WhileRunningAsync(Task work, Action update)
    {
        while (await Task.WhenAny(work, Task.Delay(s_refresh)) != work)
        {
            update();
        }

        update();
        await work;
    }
}
