using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Cli.Output;

/// <summary>How the paths of an association stand, in a line, asked for beside work that goes on.</summary>
/// <param name="ask">Asks how they stand.</param>
internal sealed class PathLine(Func<ValueTask<IReadOnlyList<PathStatistics>>> ask)
{
    private Task<IReadOnlyList<PathStatistics>>? _asking;

    /// <summary>The latest that is known; nothing where there is but one path.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Takes what has been answered, and asks again. Never waits.</summary>
    public void Update()
    {
        if (_asking is { IsCompletedSuccessfully: true } answered)
        {
            Text = Describe(answered.Result);
        }

        if (_asking is null or { IsCompleted: true })
        {
            _asking = ask().AsTask();
            _ = _asking.ContinueWith(static task => task.Exception, TaskScheduler.Default);      // it has ended: so does the work, which says why
        }
    }

    /// <summary>Such as "10.0.0.1 → 10.0.0.2 active, 0.3 ms, primary; …".</summary>
    internal static string Describe(IReadOnlyList<PathStatistics> paths) => paths.Count < 2 ? "" : string.Join("; ", paths.Select(static path =>
        $"{(path.Path.Local == default ? "" : $"{path.Path.Local.WithPort(0)} → ")}{path.Path.Remote.WithPort(0)} {StateOf(path.State)}"
        + (path.SmoothedRtt > TimeSpan.Zero ? $", {Amount.Duration(path.SmoothedRtt)}" : "")
        + (path.IsPrimary ? ", primary" : "")));

    private static string StateOf(PathState state) => state switch
    {
        PathState.Active => "active",
        PathState.Inactive => "does not answer",
        PathState.Unconfirmed => "not confirmed",
        _ => "in doubt",
    };
}
