using System.CommandLine;
using System.Net;
using Braid.Cli.Http;
using Braid.Cli.Output;

namespace Braid.Cli.Page;

/// <summary>What the command line says of the page.</summary>
internal sealed class PageOptions
{
    private const int UsualPort = 8800;

    private readonly Option<string?> _http = new("--http") { Description = $"Where to serve the page: ADDRESS:PORT. 127.0.0.1:{UsualPort} when it is left out, or any port where that is in use." };
    private readonly Option<bool> _none = new("--no-page") { Description = "Serve no page: end when the file is there." };
    private readonly Option<string> _inbox = new("--inbox") { Description = "Folder for what the page sends.", DefaultValueFactory = _ => "braid-inbox" };

    public void AddTo(Command command)
    {
        command.Add(_http);
        command.Add(_none);
        command.Add(_inbox);
    }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="UsageException">The address is none.</exception>
    public PageSettings Read(ParseResult result)
    {
        IPEndPoint? endPoint = result.GetValue(_http) is { } text ? HttpAddress.Parse(text) : null;
        return new PageSettings(!result.GetValue(_none), endPoint ?? new IPEndPoint(IPAddress.Loopback, UsualPort), endPoint is null, result.GetValue(_inbox)!);
    }
}
