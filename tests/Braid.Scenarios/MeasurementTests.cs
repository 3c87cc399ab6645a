using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Braid.Sctp;
using Braid.Simulation;
using Path = System.IO.Path;

namespace Braid.Scenarios;

/// <summary>
/// <c>docs/congestion.md</c>, <c>docs/paths.md</c> and <c>docs/multipath.md</c> say what the code does. Time is virtual; but other processors may round the last digit
/// of a cube root otherwise, and what was a microsecond later shifts what comes after: numbers may differ by 2 %, and by a digit of those
/// that are printed. Of what takes long some lines stand for all.
/// </summary>
public sealed class MeasurementTests
{
    private const string Renew = "dotnet run -c Release --project src/Braid.Cli -- simulate --scenario congestion --output docs";
    private const string RenewMultipath = "dotnet run -c Release --project src/Braid.Cli -- simulate --scenario multipath --output docs";
    private const string RenewPaths = "dotnet run -c Release --project bench/Braid.Benchmarks -- paths --out docs";

    private static readonly string s_docs = Path.Combine(Repository.Root, "docs");

    [Theory]
    [InlineData(20, 10, CongestionControl.Bbr)]
    [InlineData(20, 10, CongestionControl.Cubic)]
    [InlineData(1, 10, CongestionControl.NewReno)]
    [InlineData(300, 10, CongestionControl.HighSpeed)]
    public void The_table_of_paths_says_what_is(int milliseconds, int megabits, CongestionControl control)
    {
        (TimeSpan roundTrip, long rate) = (TimeSpan.FromMilliseconds(milliseconds), megabits * 1_000_000L);
        List<double> values = [.. PathMatrix.Losses.Select(loss => PathMatrix.Utilization(new PathCell(rate, roundTrip, loss, control)))];
        string line = PathMatrix.Line(rate, roundTrip, control, values);
        string document = File.ReadAllText(Path.Combine(s_docs, "paths.md"));
        Assert.True(Figures.AreIn(document, line), $"docs/paths.md is out of date: {line}Renew it: {RenewPaths}");
    }

#if !DEBUG                                                   // the same numbers there, and minutes to get them
    [Theory]
    [InlineData("Beginning")]
    [InlineData("Random loss")]
    [InlineData("The end of a flow")]
    [InlineData("Reordering")]
    [InlineData("A shared bottleneck")]
    [InlineData("The first window")]
    [InlineData("One flow over time")]
    public void Congestion_control_does_what_its_document_says(string part)
    {
        string now = CongestionReport.Parts.Single(candidate => candidate.Name == part).Make();
        string document = File.ReadAllText(Path.Combine(s_docs, "congestion.md"));
        Assert.True(Figures.AreIn(document, now), $"docs/congestion.md is out of date. Renew it: {Renew}\n{now}");
    }

    [Theory]
    [InlineData("Beginning")]
    [InlineData("Small receive buffers")]
    [InlineData("A shared bottleneck")]
    [InlineData("A cut")]
    public void Several_paths_do_what_their_document_says(string part)
    {
        string now = MultipathReport.Parts.Single(candidate => candidate.Name == part).Make();
        string document = File.ReadAllText(Path.Combine(s_docs, "multipath.md"));
        Assert.True(Figures.AreIn(document, now), $"docs/multipath.md is out of date. Renew it: {RenewMultipath}\n{now}");
    }

    [Fact]
    public void And_so_do_two_networks_that_differ()
    {
        string line = MultipathReport.TwoNetworksLine(MultipathExperiment.Network(10, 20), MultipathExperiment.Network(50, 100), "10 Mbit/s, 20 ms; 50 Mbit/s, 100 ms");
        string document = File.ReadAllText(Path.Combine(s_docs, "multipath.md"));
        Assert.True(Figures.AreIn(document, line), $"docs/multipath.md is out of date: {line}Renew it: {RenewMultipath}");
    }

    [Fact]
    public void And_so_do_its_pictures()
    {
        Assert.True(Figures.AreIn(File.ReadAllText(Path.Combine(s_docs, "congestion", "bottleneck.svg")), CongestionReport.MakeBottleneckPicture()), Renew);
        Assert.True(Figures.AreIn(File.ReadAllText(Path.Combine(s_docs, "congestion", "outage.svg")), CongestionReport.MakeOutagePicture()), Renew);
    }

    [Theory]
    [InlineData(CongestionControl.Bbr)]
    [InlineData(CongestionControl.Cubic)]
    public void And_two_flows_share_as_it_says(CongestionControl control)
    {
        string line = ControlComparison.TwoFlowsLine(control, control);
        string document = File.ReadAllText(Path.Combine(s_docs, "congestion.md"));
        Assert.True(Figures.AreIn(document, line), $"docs/congestion.md is out of date: {line}Renew it: {Renew}");
    }
#endif
}
