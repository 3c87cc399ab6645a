using System.Net;
using Braid.Cli.Output;

namespace Braid.Cli.Http;

/// <summary>ADDRESS:PORT of <c>--http</c>.</summary>
internal static class HttpAddress
{
    /// <summary>Reads it.</summary>
    /// <param name="text">What the command line has; a number alone would be an address to .NET, and an address alone has no port.</param>
    /// <exception cref="UsageException">It is none.</exception>
    public static IPEndPoint Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        bool hasPort = colon > text.LastIndexOf(']') && (text.IndexOf(':') == colon || text[0] == '[');
        return hasPort && IPEndPoint.TryParse(text, out IPEndPoint? endPoint)
            ? endPoint
            : throw new UsageException($"--http {text}: must be an address and a port, such as 127.0.0.1:8800 or [::1]:8800");
    }
}
