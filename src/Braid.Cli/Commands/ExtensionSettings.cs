using System;
using System.CommandLine;
using System.Linq;
using System.Text.RegularExpressions;
using Braid.Cli.Output;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary>Which extensions are offered to the peer.</summary>
internal sealed partial class ExtensionSettings
{
    private static readonly (string Name, Extensions Flag)[] s_known =
        [.. Enum.GetValues<Extensions>().Where(flag => flag != Extensions.None).Select(flag => (NameOf(flag), flag))];

    private readonly Option<string[]> _with = new("--with")
    {
        Description = $"Offer an extension that is not offered by itself: {NamesWhere(isDefault: false)}.",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string[]> _without = new("--without")
    {
        Description = $"Do not offer an extension: {NamesWhere(isDefault: true)}; or all.",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string> _recovery = new("--loss-recovery")
    {
        Description = "How a loss is found: rack (by time, RFC 8985) or missing-reports (RFC 9260).",
        DefaultValueFactory = _ => NameOf(SctpAssociationOptions.Default.LossRecovery),
    };

    private readonly Option<string> _congestion = new("--congestion-control")
    {
        Description = "What decides how much may be in flight: bbr, cubic, high-speed (RFC 3649) or new-reno (RFC 9260).",
        DefaultValueFactory = _ => NameOf(SctpAssociationOptions.Default.CongestionControl),
    };

    public void AddTo(Command command)
    {
        command.Add(_congestion);
        command.Add(_with);
        command.Add(_without);
        command.Add(_recovery);
    }

    /// <summary>The options, changed as the command line says.</summary>
    public SctpAssociationOptions Apply(ParseResult result, SctpAssociationOptions options) => options with
    {
        Extensions = (options.Extensions | Named(result, _with)) & ~Named(result, _without),
        LossRecovery = Enum.GetValues<LossRecovery>().Where(mode => NameOf(mode) == result.GetValue(_recovery)) is var modes && modes.Any()
            ? modes.First()
            : throw new UsageException($"--loss-recovery {result.GetValue(_recovery)}: must be rack or missing-reports"),
        CongestionControl = Enum.GetValues<CongestionControl>().Where(control => NameOf(control) == result.GetValue(_congestion)) is var controls && controls.Any()
            ? controls.First()
            : throw new UsageException($"--congestion-control {result.GetValue(_congestion)}: must be bbr, cubic, high-speed or new-reno"),
    };

    private static Extensions Named(ParseResult result, Option<string[]> option)
    {
        Extensions flags = Extensions.None;
        foreach (string name in (result.GetValue(option) ?? []).SelectMany(list => list.Split(',')))
        {
            flags |= name == "all" ? (Extensions)ushort.MaxValue
                : s_known.FirstOrDefault(known => known.Name == name) is { Name: not null } known ? known.Flag
                : throw new UsageException($"{option.Name} {name}: must be one of {string.Join(", ", s_known.Select(known => known.Name))}");
        }

        return flags;
    }

    private static string NamesWhere(bool isDefault) => string.Join(
        ", ",
        s_known.Where(known => (SctpAssociationOptions.Default.Extensions & known.Flag) != 0 == isDefault).Select(known => known.Name).DefaultIfEmpty("none at present"));

    // PartialReliability is partial-reliability, as everything on a command line.
    private static string NameOf<T>(T value)
        where T : struct, Enum => Hump().Replace(value.ToString(), "-$0").ToLowerInvariant();

    [GeneratedRegex("(?<=[a-z])[A-Z]")]
    private static partial Regex Hump();
}
