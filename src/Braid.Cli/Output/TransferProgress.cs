using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Spectre.Console;

namespace Braid.Cli.Output;

/// <summary>Bytes moved so far, shown as a bar on a terminal and as plain lines otherwise, always on stderr.</summary>
internal sealed class TransferProgress
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private long _done;
    private long _total;

    public long Done => Interlocked.Read(ref _done);

    public long Total => Interlocked.Read(ref _total);

    public TimeSpan Elapsed => _watch.Elapsed;

    public void AddTotal(long bytes) => Interlocked.Add(ref _total, bytes);

    public void Add(long bytes) => Interlocked.Add(ref _done, bytes);

    /// <summary>Shows progress until the work is done.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="isQuiet">Shows nothing.</param>
    /// <param name="work">The work.</param>
    /// <param name="paths">What it goes over; null where nobody wants to know.</param>
    public async Task ShowAsync(string title, bool isQuiet, Func<Task> work, PathLine? paths = null)
    {
        if (isQuiet)
        {
            await work();
        }
        else if (Console.IsErrorRedirected)
        {
            await ShowLinesAsync(title, work(), paths);
        }
        else
        {
            await ShowBarAsync(title, work, paths);
        }
    }

    /// <summary>The line that stands at the end.</summary>
    public string Summary() => $"{Amount.Bytes(Done)} in {Amount.Duration(Elapsed)}, {Amount.Rate(Done, Elapsed)}";

    private async Task ShowLinesAsync(string title, Task work, PathLine? paths)
    {
        paths?.Update();
        while (await Task.WhenAny(work, Task.Delay(s_interval)) != work)
        {
            long done = Done;
            double fraction = Total == 0 ? 0 : (double)done / Total;
            TimeSpan rest = fraction > 0 ? Elapsed * ((1 - fraction) / fraction) : TimeSpan.Zero;
            await Console.Error.WriteLineAsync(
                $"{title}: {fraction:P0} {Amount.Bytes(done)} of {Amount.Bytes(Total)}, {Amount.Rate(done, Elapsed)}, {Amount.Duration(rest)} left");
            paths?.Update();
            if (paths is { Text.Length: > 0 })
            {
                await Console.Error.WriteLineAsync($"  {paths.Text}");
            }
        }

        await work;
    }

    private async Task ShowBarAsync(string title, Func<Task> work, PathLine? paths)
    {
        await ProgressBars.Create()
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(),
                new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, Total));
                await ProgressBars.WhileRunningAsync(work(), () =>
                {
                    bar.MaxValue = Math.Max(1, Total);
                    bar.Value = Done;
                    paths?.Update();
                    bar.Description = Markup.Escape(paths is { Text.Length: > 0 } ? $"{title} ({paths.Text})" : title);
                });
            });
    }
}
