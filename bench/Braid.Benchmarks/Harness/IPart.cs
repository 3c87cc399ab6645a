using System.Collections.Generic;
using System.Threading;

namespace Braid.Benchmarks;

/// <summary>One thing to measure, callable by itself and from <c>all</c>. What it is to measure it was told when it was made.</summary>
internal interface IPart
{
    /// <summary>One word: the command.</summary>
    string Name { get; }

    /// <summary>What it measures.</summary>
    string Title { get; }

    /// <summary>How, and what is compared with what.</summary>
    string How { get; }

    /// <summary>The tables to make of what it yields.</summary>
    IReadOnlyList<View> Views { get; }

    /// <summary>Measures.</summary>
    /// <param name="log">Where failures go, and what shows that it is alive.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<Result> RunAsync(RunLog log, CancellationToken cancellationToken);
}
