using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace Braid.Usrsctp.Tests.Examples;

/// <summary>What of the programs' words differs from run to run and from machine to machine becomes '-', or is left out.</summary>
internal static partial class Normalization
{
    /// <summary>The words without what differs.</summary>
    /// <param name="printed">What a program has printed.</param>
    public static string Of(string printed)
    {
        printed = Pieces().Replace(printed, "");
        bool hasCharacters = Alphabet().IsMatch(printed);    // without an end of line: whatever else is printed comes in the middle of them
        printed = Alphabet().Replace(printed, "");

        // In pieces that depend on windows and on time: their sum is what counts.
        long bytes = Lengths().Matches(printed).Sum(match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        string[] lines = [.. printed.Split('\n').Where(line => line.Trim().Length > 0 && !LeftOut().IsMatch(line)).Select(Line)];
        Order(lines);
        return string.Concat(lines.Select(line => line + "\n")) + (bytes > 0 ? $"{bytes} bytes received\n" : "") + (hasCharacters ? "(characters)\n" : "");
    }

    // A peer that resets its own stream from within a callback may do so before it answers or after it: which event comes first is not ours to say.
    private static void Order(string[] lines)
    {
        for (int i = 1; i < lines.Length; i++)
        {
            if (IsReset(lines[i - 1]) && IsReset(lines[i]) && string.CompareOrdinal(lines[i - 1], lines[i]) > 0)
            {
                (lines[i - 1], lines[i]) = (lines[i], lines[i - 1]);
            }
        }
    }

    private static bool IsReset(string line) => line.StartsWith("Stream reset event", System.StringComparison.Ordinal);

    private static string Line(string line)
    {
        line = Stamp().Replace(line, "");
        line = Pointer().Replace(line, "0x-");
        line = Tsn().Replace(line, "TSN -");
        line = Port().Replace(line, "127.0.0.1:-");
        line = LoopPort().Replace(line, "Port: -");
        line = ConnPort().Replace(line, "0x-:-");
        line = Packets().Replace(line, "(-/-)");
        line = Date().Replace(line, "(date)");
        line = Seconds().Replace(line, "took - seconds");
        line = Rate().Replace(line, "was - Byte/sec");
        return Measured().Replace(line, "$1, -");
    }

    // What one thread prints in the middle of another's line: when an address is confirmed, in pieces of a line.
    [GeneratedRegex(@"handle_notification : |SCTP_(ASSOC|PEER_ADDR)_CHANGE\n|Peer address [0-9a-f.:]+ is now |SCTP_ADDR_[A-Z]+| \(error = 0x[0-9a-f]{8}\)\.\n")]
    private static partial Regex Pieces();

    // The library's own words; packets; addresses of this machine, and when each is confirmed; who is called how often; who was
    // quicker, the peer's shutdown or the program's.
    [GeneratedRegex(@"\[S\]|^[IO] [0-9:.]+ 0000|^(Local|Peer) addresses|Notification of length 152|^Addr: |MSG RCV: |\(nil\) received|^usrsctp_(get[pl]addrs|shutdown): |Waiting for usrsctp_finish|^, |^[0-9a-f:., ]+\.$")]
    private static partial Regex LeftOut();

    [GeneratedRegex(@"MSG RCV: (?:Data )?length (\d+)")]
    private static partial Regex Lengths();

    [GeneratedRegex(@"^\[P\]\[[0-9.]+\] ")]
    private static partial Regex Stamp();

    [GeneratedRegex("0x[0-9a-f]{6,}")]
    private static partial Regex Pointer();

    [GeneratedRegex(@"TSN \d+")]
    private static partial Regex Tsn();

    [GeneratedRegex(@"127\.0\.0\.1:\d{5}\b")]
    private static partial Regex Port();

    [GeneratedRegex(@"Port:\s+\d+")]
    private static partial Regex LoopPort();

    [GeneratedRegex(@"0x-:\d{5}\b")]
    private static partial Regex ConnPort();

    [GeneratedRegex(@"(?<=received\): )\(\d+/\d+\)")]
    private static partial Regex Packets();

    [GeneratedRegex(@"^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} \d{4}")]
    private static partial Regex Date();

    [GeneratedRegex("took [0-9.]+ seconds")]
    private static partial Regex Seconds();

    [GeneratedRegex("was [-0-9.an]+ Byte/sec")]
    private static partial Regex Rate();

    // tsctp: length, messages, calls where there are some, bytes, then time and throughput.
    [GeneratedRegex(@"^(\d+, \d+, (?:\d+, )?\d+), \d+\.\d+, [0-9.]+(?:, \d+)?")]
    private static partial Regex Measured();

    [GeneratedRegex(@" !""#[!-~]*?\|\}")]
    private static partial Regex Alphabet();
}
