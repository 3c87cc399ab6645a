using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>Something that carries messages between two processes: what is measured, or what it is compared with.</summary>
internal interface ISubject
{
    /// <summary>What tables call it.</summary>
    string Name { get; }

    /// <summary>Makes what its processes need, once.</summary>
    /// <exception cref="RunFailedException">It cannot be made here.</exception>
    Task PrepareAsync() => Task.CompletedTask;

    /// <summary>The process that receives, or echoes. Its first line is "ready" and perhaps where it listens, its last one what it saw.</summary>
    ProcessStartInfo Passive(Job job);

    /// <summary>The process that sends, or measures round trips.</summary>
    /// <param name="job">What to do.</param>
    /// <param name="ready">The line that the passive side began with.</param>
    ProcessStartInfo Active(Job job, string ready);
}

/// <summary>A subject whose processes are this program's.</summary>
internal abstract class ManagedSubject(string name) : ISubject
{
    /// <summary>The command that runs one of the sides.</summary>
    public const string Command = "side";

    private const string Any = "0";

    public string Name => name;

    public ProcessStartInfo Passive(Job job) => Side(job, Any);

    public ProcessStartInfo Active(Job job, string ready) => Side(job, ready.Split(' ')[1]);

    /// <summary>Runs a side in this process.</summary>
    /// <param name="port">That of the passive side; 0 to be that one.</param>
    /// <param name="job">What to do.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RunAsync(int port, Job job, CancellationToken cancellationToken) => (port == 0, job.Kind) switch
    {
        (true, JobKind.Bulk) => ReceiveAsync(job, cancellationToken),
        (true, _) => EchoAsync(job, cancellationToken),
        (false, JobKind.Bulk) => SendAsync(port, job, cancellationToken),
        _ => PingAsync(port, job, cancellationToken),
    };

    protected abstract Task ReceiveAsync(Job job, CancellationToken cancellationToken);

    protected abstract Task SendAsync(int port, Job job, CancellationToken cancellationToken);

    protected abstract Task EchoAsync(Job job, CancellationToken cancellationToken);

    protected abstract Task PingAsync(int port, Job job, CancellationToken cancellationToken);

    /// <summary>Tells where the passive side listens.</summary>
    protected static void Ready(int port) => Console.WriteLine($"ready {port}");

    private ProcessStartInfo Side(Job job, string port)
    {
        string program = Environment.ProcessPath!;
        string[] prefix = System.IO.Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(ManagedSubject).Assembly.Location] : [];
        return new ProcessStartInfo(program, [.. prefix, Command, Name, port, .. job.ToArguments()]);
    }
}

/// <summary>When to stop sending.</summary>
internal readonly struct Deadline
{
    private const int MostPatience = 5;                      // times as long

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly double _seconds;
    private readonly double _cpu;

    private Deadline(double seconds, double cpu) => (_seconds, _cpu) = (seconds, cpu);

    public bool IsOver => Stopwatch.GetElapsedTime(_start).TotalSeconds is var elapsed && elapsed >= _seconds
        && (Measured.CpuNow >= _cpu || elapsed >= MostPatience * _seconds);

    /// <summary>In so many seconds.</summary>
    public static Deadline In(double seconds) => new(seconds, 0);

    /// <summary>When this process has worked for so many seconds: the compiler needs work to see, and others may have the processor.</summary>
    public static Deadline AfterWork(double seconds) => new(seconds, Measured.CpuNow + seconds);
}
