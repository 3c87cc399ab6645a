using System;
using System.Globalization;
using System.Threading.Tasks;
using Braid.Interop;

namespace Braid.Usrsctp.Tests;

/// <summary>Long messages with SCTP_EXPLICIT_EOR, from several threads and right before the end (native/pieces).</summary>
public sealed class PiecesTests
{
    // A guard only: each takes about a second.
    private static readonly TimeSpan s_guard = TimeSpan.FromSeconds(60);

    private static readonly Lazy<(string? Program, string Reason)> s_built = new(static () => NativeProgram.Build("pieces"));

    [Theory]
    [InlineData(Library.Braid)]
    [InlineData(Library.Aot)]
    public Task Threads_that_send_at_once_lose_no_message_and_mix_none(string library) => ComesAsync(library, "threads", 600);

    [Theory]
    [InlineData(Library.Braid)]
    [InlineData(Library.Aot)]
    public Task What_was_taken_arrives_when_the_socket_is_closed_behind_it(string library) => ComesAsync(library, "close", 1);

    private static async Task ComesAsync(string library, string how, int messages)
    {
        (int exitCode, string output, string error) = await NativeProgram.RunAsync(
            s_built.Value, library, s_guard, UsrsctpPeer.FreeUdpPort().ToString(CultureInfo.InvariantCulture), how);
        Assert.Equal((0, $"{messages} messages\n", ""), (exitCode, output, error));
    }
}
