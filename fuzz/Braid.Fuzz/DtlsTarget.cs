using System;
using System.Collections.Generic;
using System.Diagnostics;
using Braid.Core;
using Braid.Dtls;

namespace Braid.Fuzz;

/// <summary>
/// A client and a server of DTLS, with a network between them that loses, repeats, cuts, alters and invents datagrams. The input is what
/// it does to them. Nobody throws, nothing is received that was not sent, and two sessions that are connected stay so.
/// </summary>
public sealed class DtlsTarget : IFuzzTarget
{
    private static readonly NetworkAddress s_peer = NetworkAddress.FromIPv4([127, 0, 0, 1], 1000);
    private static readonly long s_start = Stopwatch.GetTimestamp();
    private static readonly Lazy<DtlsCertificate> s_client = new(() => DtlsCertificate.Create());
    private static readonly Lazy<DtlsCertificate> s_server = new(() => DtlsCertificate.Create());

    /// <inheritdoc/>
    public string Name => "dtls";

    private static Instant Now => new(Stopwatch.GetElapsedTime(s_start).Ticks);      // libssl's clock is the system's

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<byte> input)
    {
        using var run = new Wire();
        var script = new ByteScript(input);
        run.Start(asksForCookie: script.Below(2) == 0);
        while (!script.IsAtEnd)
        {
            run.Step(ref script);
        }

        run.End();
    }

    /// <inheritdoc/>
    public byte[] Make(IRandomSource random)
    {
        // Mostly it delivers: else no handshake would get far.
        var input = new byte[4 + random.NextInt32(100)];
        random.Fill(input);
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = random.NextInt32(8) == 0 ? input[i] : (byte)random.NextInt32(2);
        }

        return input;
    }

    private static DtlsSessionOptions Options(DtlsRole role, DtlsCertificate own, DtlsCertificate other) =>
        new() { Role = role, Certificate = own, PeerFingerprints = [other.Fingerprint()] };

    private static void Check(bool isSo, string rule)
    {
        if (!isSo)
        {
            throw new FuzzException(rule);
        }
    }

    private sealed class Wire : IDisposable
    {
        private const int Sides = 16;                        // below it: even numbers deliver from the client, odd ones from the server

        private const int MostOnWire = 1000;

        private readonly DtlsSession[] _sessions =
            [new(Options(DtlsRole.Client, s_client.Value, s_server.Value)), new(Options(DtlsRole.Server, s_server.Value, s_client.Value))];
        private readonly List<byte[]>[] _wires = [[], []];   // towards the server, towards the client
        private readonly List<byte[]> _old = [];
        private readonly HashSet<string> _sent = [];
        private readonly byte[] _buffer = new byte[DtlsSession.LargestRecord + DtlsSession.MaximumOverhead];
        private bool _waitsForHello;
        private bool _wereConnected;
        private bool _isClosedByScript;                      // one of them was told to: the other hears of it, or does not
        private readonly DtlsCookieExchange _cookies = new(new SeededRandom(1));

        public void Start(bool asksForCookie)
        {
            _sessions[0].Start(Now);
            _waitsForHello = asksForCookie;
            if (!asksForCookie)
            {
                _sessions[1].Start(Now);
            }

            Collect();
        }

        public void Step(ref ByteScript script)
        {
            int what = script.Byte();
            int from = what % 2;
            List<byte[]> wire = _wires[from];
            byte[] datagram = wire.Count > 0 ? wire[0] : [];
            switch (what / Sides)
            {
                case 1:                                      // lost
                    Take(wire);
                    break;
                case 2:                                      // doubled
                    Deliver(from, datagram);
                    break;
                case 3 when wire.Count > 1:                  // overtaken
                    (wire[0], wire[1]) = (wire[1], wire[0]);
                    break;
                case 4:                                      // altered
                    datagram = [.. Take(wire)];
                    for (int i = 1 + script.Below(4); i > 0 && datagram.Length > 0; i--)
                    {
                        datagram[((script.Byte() << 8) | script.Byte()) % datagram.Length] ^= (byte)Math.Max(1, (int)script.Byte());
                    }

                    Deliver(from, datagram);
                    break;
                case 5 when datagram.Length > 0:             // cut
                    Deliver(from, Take(wire)[..(script.Byte() % datagram.Length)]);
                    break;
                case 6:                                      // made up, or grown
                    Deliver(from, [.. Take(wire), .. script.Block()]);
                    break;
                case 7 when _old.Count > 0:                  // a very old one, whosever it was
                    Deliver(from, _old[script.Byte() % _old.Count]);
                    break;
                case 8:
                    Send(from, script.Byte());
                    break;
                case 9:
                    _sessions[from].HandleTimeout(Now);
                    break;
                case 10:
                    _sessions[from].HandlePathChange(Now);
                    break;
                case 11 when script.Below(8) == 0:
                    _isClosedByScript = true;
                    _sessions[from].Close(Now);
                    break;
                default:
                    Deliver(from, Take(wire));
                    break;
            }

            Collect();
            CheckStates();
        }

        public void End()
        {
            for (int i = 0; i < MostOnWire && (_wires[0].Count > 0 || _wires[1].Count > 0); i++)
            {
                Deliver(i % 2, Take(_wires[i % 2]));
                Collect();
            }

            CheckStates();
            for (int from = 0; from < 2 && AreConnected; from++)
            {
                Check(Send(from, 77), "a session that is connected seals nothing");
                Collect();
                while (_wires[from].Count > 0)
                {
                    Deliver(from, Take(_wires[from]), isLast: _wires[from].Count == 0);
                }
            }
        }

        public void Dispose()
        {
            foreach (DtlsSession session in _sessions)
            {
                session.Dispose();
            }
        }

        private bool AreConnected => _sessions[0].State == DtlsState.Connected && _sessions[1].State == DtlsState.Connected;

        private static byte[] Take(List<byte[]> wire)
        {
            if (wire.Count == 0)
            {
                return [];
            }

            byte[] datagram = wire[0];
            wire.RemoveAt(0);
            return datagram;
        }

        private void Deliver(int from, byte[] datagram, bool isLast = false)
        {
            DtlsSession to = _sessions[1 - from];
            if (from == 0 && _waitsForHello)
            {
                Examine(datagram);
            }
            else
            {
                to.HandleDatagram(Now, datagram);
            }

            bool any = false;
            while (to.TryReceive(out ReadOnlySpan<byte> content))
            {
                any = true;
                Check(_sent.Contains($"{from} {Convert.ToHexString(content)}"), "something was received that was never sent");
            }

            Check(!isLast || any, "a record between two sessions that are connected did not arrive");
            Keep(datagram);
        }

        private void Examine(byte[] datagram)
        {
            switch (_cookies.Examine(Now, s_peer, datagram, _buffer, out int length))
            {
                case DtlsHelloVerdict.Answered:
                    Check(length > 0 && length <= Math.Max(datagram.Length, DtlsCookieExchange.AnswerLength), "an answer to who knows whom is long");
                    _wires[1].Add(_buffer[..length]);
                    break;
                case DtlsHelloVerdict.Verified when _sessions[1].State == DtlsState.New:
                    _waitsForHello = false;
                    _sessions[1].StartVerified(Now, datagram);
                    break;
            }
        }

        private bool Send(int from, byte content)
        {
            byte[] plain = [content, (byte)_sent.Count];
            bool isSealed = _sessions[from].TrySeal(plain, _buffer, out int length);
            if (isSealed)
            {
                _sent.Add($"{from} {Convert.ToHexString(plain)}");
                _wires[from].Add(_buffer[..length]);
            }

            return isSealed;
        }

        private void Collect()
        {
            for (int from = 0; from < 2; from++)
            {
                int count = 0;
                while (_sessions[from].TryGetDatagram(_buffer, out int length))
                {
                    Check(++count < 100, "one datagram in, a hundred out");
                    _wires[from].Add(_buffer[..length]);
                }

                while (_wires[from].Count > MostOnWire)
                {
                    Take(_wires[from]);
                }
            }
        }

        private void CheckStates()
        {
            foreach (DtlsSession session in _sessions)
            {
                Check((session.End is not null) == (session.State == DtlsState.Closed), "a session has ended and is not closed, or is closed and has not ended");
            }

            // Only who has the keys ends it: Close sends such an alert.
            _wereConnected |= AreConnected;
            foreach (DtlsSession session in _sessions)
            {
                Check(!_wereConnected || session.State == DtlsState.Connected || (_isClosedByScript && session.State == DtlsState.Closed), "a session that was connected is not any more");
            }
        }

        private void Keep(byte[] datagram)
        {
            if (_old.Count < 64)
            {
                _old.Add(datagram);
            }
        }
    }
}
