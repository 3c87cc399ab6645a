using System;
using System.Collections.Generic;

namespace Braid.Benchmarks;

/// <summary>What is said while a part runs, on stderr: stdout has the tables.</summary>
internal sealed class RunLog
{
    private readonly List<string> _missing = [];

    /// <summary>What was not measured.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>Whether something was to be measured, and could not.</summary>
    public bool HasFailed { get; private set; }

    public void Say(string what) => Console.Error.WriteLine(what);

    /// <summary>Something is not measured, as it should be.</summary>
    public void LeaveOut(string what)
    {
        if (_missing.Contains(what))
        {
            return;                                          // once is enough
        }

        _missing.Add(what);
        Say($"not measured: {what}");
    }

    /// <summary>Something could not be measured.</summary>
    public void Fail(string what)
    {
        HasFailed = true;
        LeaveOut(what);
    }
}
