using Braid.Cli.Commands;
using Braid.Cli.Output;

namespace Braid.Sockets.Tests.Cli;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("example.org", "example.org", 9899)]
    [InlineData("example.org:5", "example.org", 5)]
    [InlineData("127.0.0.1:9900", "127.0.0.1", 9900)]
    [InlineData("::1", "::1", 9899)]
    [InlineData("[::1]", "::1", 9899)]
    [InlineData("[::1]:77", "::1", 77)]
    public void Host_and_port(string text, string host, int port) => Assert.Equal(new HostPort(host, port), HostPort.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData(":5")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:x")]
    [InlineData("a:b:5")]
    public void Anything_else_is_wrong_usage(string text) => Assert.Throws<UsageException>(() => HostPort.Parse(text));
}
