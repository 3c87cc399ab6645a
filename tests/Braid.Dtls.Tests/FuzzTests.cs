using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using Braid.Core;

namespace Braid.Dtls.Tests;

/// <summary>Real datagrams, changed: whatever becomes of the session, nothing is thrown and nothing grows.</summary>
public sealed class FuzzTests
{
    // A minute and more by hand: BRAID_FUZZ_SECONDS.
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable("BRAID_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out double seconds) ? seconds : 2);

    [Fact]
    public void Datagrams_of_a_handshake_that_are_changed_dropped_repeated_and_mixed_end_in_a_state_and_not_in_an_exception()
    {
        var clock = Stopwatch.StartNew();
        int connected = 0;
        ulong seed = 0;
        for (; clock.Elapsed < s_time; seed++)
        {
            var random = new Mutator(new SeededRandom(seed));
            using SessionPair pair = new SessionPair(options => options with { MaximumDatagramSize = 600 }, options => options with { MaximumDatagramSize = 600 }).Start();
            List<byte[]> seen = [];
            for (int round = 0; round < 12; round++)
            {
                Move(pair.Client, pair.Server, seen, random);
                Move(pair.Server, pair.Client, seen, random);
            }

            connected += pair.Client.State == DtlsState.Connected && pair.Server.State == DtlsState.Connected ? 1 : 0;
            foreach (DtlsSession session in new[] { pair.Client, pair.Server })
            {
                Assert.True(session.State != DtlsState.Closed || session.End is { Message.Length: > 10 });
                session.Close(SessionPair.Now);
            }
        }

        Assert.True(connected > 0, $"none of {seed} came through");
        Assert.True(connected < (int)seed, "nothing was ever changed");
    }

    [Fact]
    public void Records_that_are_changed_never_arrive_and_a_session_goes_on()
    {
        var clock = Stopwatch.StartNew();
        var random = new Mutator(new SeededRandom(7));
        using SessionPair pair = new SessionPair().Shake();
        List<byte[]> seen = [.. pair.Wire.ConvertAll(datagram => datagram.Bytes)];
        byte number = 0;
        while (clock.Elapsed < s_time)
        {
            byte[] record = SessionPair.Seal(pair.Client, [++number, number, number]);
            byte[] changed = random.Change(record, seen);
            pair.Server.HandleDatagram(SessionPair.Now, changed);
            while (pair.Server.TryReceive(out ReadOnlySpan<byte> content))
            {
                Assert.Equal(3, content.Length);
                Assert.Equal(content[0], content[2]);
            }

            Remember(seen, record, random);
            Assert.True(pair.Server.State == DtlsState.Connected, $"{pair.Server.End}: {Convert.ToHexString(changed)} from {Convert.ToHexString(record)}");
            while (pair.Server.TryGetDatagram(new byte[2000], out _))
            {
            }
        }

        Assert.Equal([1, 2, 3], SessionPair.Send(pair.Client, pair.Server, [1, 2, 3])!);
    }

    [Fact]
    public void Nobody_gets_a_session_by_noise()
    {
        var cookies = new DtlsCookieExchange(new SeededRandom(1));
        var random = new Mutator(new SeededRandom(3));
        using var pair = new SessionPair();
        pair.Client.Start(SessionPair.Now);
        var hello = new byte[2000];
        Assert.True(pair.Client.TryGetDatagram(hello, out int length));
        hello = hello[..length];
        var answer = new byte[DtlsCookieExchange.AnswerLength];
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < s_time / 4)
        {
            Assert.NotEqual(DtlsHelloVerdict.Verified, cookies.Examine(SessionPair.Now, NetworkAddress.None, random.Change(hello, [hello]), answer, out _));
        }
    }

    private static void Move(DtlsSession from, DtlsSession to, List<byte[]> seen, Mutator random)
    {
        var buffer = new byte[4096];
        while (from.TryGetDatagram(buffer, out int length))
        {
            byte[] datagram = buffer[..length];
            to.HandleDatagram(SessionPair.Now, random.Next(6) == 0 ? random.Change(datagram, seen) : datagram);
            while (to.TryReceive(out _))
            {
            }

            Remember(seen, datagram, random);
        }
    }

    private static void Remember(List<byte[]> seen, byte[] datagram, Mutator random)
    {
        if (seen.Count < 64)
        {
            seen.Add(datagram);
        }
        else
        {
            seen[random.Next(seen.Count)] = datagram;
        }
    }

    private sealed class Mutator(SeededRandom random)
    {
        public int Next(int limit)
        {
            Span<byte> bytes = stackalloc byte[4];
            random.Fill(bytes);
            return (int)(BitConverter.ToUInt32(bytes) % (uint)limit);
        }

        public byte[] Change(byte[] datagram, List<byte[]> others)
        {
            byte[] changed = [.. datagram];
            switch (Next(8))
            {
                case 0:
                    return changed[..Next(changed.Length + 1)];
                case 1:
                    return [.. changed, .. changed[..Next(changed.Length + 1)]];
                case 2 when others.Count > 0:
                    return others[Next(others.Count)];
                case 3 when others.Count > 0:
                    return [.. others[Next(others.Count)], .. changed];
                case 4:
                    random.Fill(changed.AsSpan(Next(changed.Length)));
                    return changed;
                case 5:
                    changed[Next(Math.Min(25, changed.Length))] = (byte)Next(256);       // headers
                    return changed;
                default:
                    for (int i = Next(4); i >= 0; i--)
                    {
                        changed[Next(changed.Length)] ^= (byte)(1 << Next(8));
                    }

                    return changed;
            }
        }
    }
}
