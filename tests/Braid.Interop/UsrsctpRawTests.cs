using System;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Interop;

/// <summary>libusrsctp over IP itself, in a network namespace of its own: like every program with a raw socket, it answers all that comes.</summary>
public sealed class UsrsctpRawTests : IDisposable
{
    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    public static TheoryData<bool, bool, int> Matrix
    {
        get
        {
            var data = new TheoryData<bool, bool, int>();
            foreach (bool usrsctpIsServer in new[] { true, false })
            {
                foreach (bool isIPv6 in new[] { false, true })
                {
                    foreach (int size in new[] { 100, 1452, 100_000, 1 << 20 })
                    {
                        data.Add(usrsctpIsServer, isIPv6, size);
                    }
                }
            }

            return data;
        }
    }

    public void Dispose() => _guard.Dispose();

    [Theory, MemberData(nameof(Matrix)), Rfc(9260, "3")]
    public async Task Messages_go_both_ways_over_bare_IP(bool usrsctpIsServer, bool isIPv6, int size)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        int count = size > 50_000 ? 6 : 50;
        await using UsrsctpPair pair = await UsrsctpPair.OverIPAsync(namespaces, isIPv6, usrsctpIsServer, UsrsctpPair.Talk(count, size), _guard.Token);
        await pair.TalkAsync(count, size, ordered: true, UsrsctpPair.Streams, _guard.Token);
    }
}
