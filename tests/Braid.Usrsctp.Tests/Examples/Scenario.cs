namespace Braid.Usrsctp.Tests.Examples;

/// <summary>What happens between two example programs. In arguments {server} and {client} are their UDP ports.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Server">The program that waits, with its arguments; null: there is one program only.</param>
/// <param name="Port">The SCTP port that it accepts associations at; null: it does not, both connect.</param>
/// <param name="Client">The one that connects.</param>
/// <param name="Steps">
/// "client &lt; text" gives a line to a program, "client &gt; text" waits until it has printed that, "client eof" ends what it reads.
/// </param>
internal sealed record Scenario(string Name, string? Server, int? Port, string Client, params string[] Steps)
{
    private const string ServerPorts = "{server} {client}";
    private const string Up = "server > Notification of length 25";
    private const string Down = "server > Notification of length 20";
    private const string HttpServer = $"http_server {ServerPorts}";
    private const int Http = 80, Discard = 9, Echo = 7, Daytime = 13, CharacterGenerator = 19, Tests = 5001;

    /// <summary>All of them.</summary>
    public static readonly Scenario[] All =
    [
        new("discard", $"discard_server {ServerPorts}", Discard, ClientOf(Discard),
            Up, "client < hello", "server > Msg of length 6", "client < more", "server > SSN 1", "client eof", Down),
        new("discard-upcall", $"discard_server_upcall {ServerPorts}", Discard, ClientOf(Discard),
            Up, "client < hello", "server > Msg of length 6", "client eof", Down),
        new("discard-upcalls", $"discard_server_upcall {ServerPorts}", Discard, UpcallClientOf(Discard),
            Up, "client < hello", "server > Msg of length 6", "client eof", Down),
        new("echo", $"echo_server {ServerPorts}", Echo, ClientOf(Echo),
            Up, "client < hello", "client > hello", "client < world", "client > world", "client eof", Down),
        new("echo-upcall", $"echo_server_upcall {ServerPorts}", Echo, ClientOf(Echo),
            "client < hello", "client > hello", "client eof", "client > Number of packets"),
        new("echo-upcalls", $"echo_server_upcall {ServerPorts}", Echo, UpcallClientOf(Echo),
            Up, "client < hello", "client > hello", "client eof", Down),
        new("daytime", $"daytime_server {ServerPorts}", Daytime, ClientOf(Daytime), "client > SHUTDOWN_COMP", "client eof"),
        new("daytime-upcall", $"daytime_server_upcall {ServerPorts}", Daytime, ClientOf(Daytime), "client > SHUTDOWN_COMP", "client eof"),
        new("daytime-upcalls", $"daytime_server_upcall {ServerPorts}", Daytime, UpcallClientOf(Daytime), "client > Client finished"),
        new("chargen", $"chargen_server_upcall {ServerPorts}", CharacterGenerator, UpcallClientOf(CharacterGenerator),
            "client > !\"#$%&", "client eof", "server > closed"),
        new("tsctp", "tsctp -U {client} -E {server}", Tests, "tsctp -U {server} -E {client} -n 100 -l 1000 127.0.0.1", "server > 1000, 100"),
        new("tsctp-callbacks", "tsctp -c -U {client} -E {server}", Tests, "tsctp -c -U {server} -E {client} -n 100 -l 1000 127.0.0.1", "server > 1000, 100"),
        new("tsctp-unordered", "tsctp -U {client} -E {server}", Tests, "tsctp -u -D -U {server} -E {client} -n 200 -l 1200 127.0.0.1", "server > 1200, 200"),
        new("http", HttpServer, Http, "http_client 127.0.0.1 80 0 {client} {server} /text", "server > the end"),
        new("http-upcall", HttpServer, Http, "http_client_upcall 127.0.0.1 80 0 {client} {server} /text", "server > the end"),
        new("http-without-threads", HttpServer, Http, "st_client 127.0.0.1 {client} 127.0.0.1 {server} 80", "server > the end"),
        new("rtcweb", "rtcweb {server} {client} 5000", 5000, "rtcweb {client} {server} 127.0.0.1 5000",
            "server > Connected to", "client > Connected to",
            "client < open 0 0 0", "client < send 0:hello", "server > hello",
            "server < send 0:back", "client > back",
            "client < status", "client > state OPEN", "server < status", "server > Channel with id = 0",
            "client < close 0", "client > incoming stream", "client > outgoing stream", "server > incoming stream", "server > outgoing stream",
            "client < send 0:late", "client > sending failed", "server < send 0:late", "server > sending failed",
            "client < quit", "server > SHUTDOWN_COMP"),
        new("ekr", "ekr_server 127.0.0.1 {server} 127.0.0.1 {client}", Tests, "ekr_client 127.0.0.1 {client} 127.0.0.1 {server}", "server > Msg of length 80"),
        new("ekr-peer", "ekr_peer 127.0.0.1 {server} 127.0.0.1 {client} 5001 5002", null, "ekr_peer 127.0.0.1 {client} 127.0.0.1 {server} 5002 5001",
            "client < hi", "server > Msg of length 3", "client eof", "server > SHUTDOWN_COMP"),
        new("ekr-loop", null, null, "ekr_loop {client} {server}"),
        new("ekr-loop-upcall", null, null, "ekr_loop_upcall {client} {server}"),
        new("timer", null, null, "test_timer"),
    ];

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string ClientOf(int port) => $"client 127.0.0.1 {port} 0 {{client}} {{server}}";

    private static string UpcallClientOf(int port) => $"client_upcall 127.0.0.1 {port} 0 {{client}} {{server}}";
}
