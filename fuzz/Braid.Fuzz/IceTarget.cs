using System;
using System.Collections.Generic;
using System.Text;
using Braid.Core;
using Braid.Ice;
using Braid.Ice.Stun;
using Braid.Ice.Turn;

namespace Braid.Fuzz;

/// <summary>
/// An ICE agent with a TURN server, and what strangers and a peer out of its mind do to it. The input is a list of steps: bytes, STUN
/// messages with or without a right signature, commands, time. Nothing may be thrown, and the agent must come to rest.
/// </summary>
public sealed class IceTarget : IFuzzTarget
{
    private const int MostSteps = 200;
    private static readonly NetworkAddress s_own = NetworkAddress.FromIPv4([192, 0, 2, 1], 1000);
    private static readonly NetworkAddress s_server = NetworkAddress.FromIPv4([203, 0, 113, 1], 3478);
    private static readonly NetworkAddress s_peer = NetworkAddress.FromIPv4([198, 51, 100, 1], 2000);
    private static readonly IceCredentials s_credentials = new("peer", "PeersPasswordOf22Letters");

    /// <inheritdoc/>
    public string Name => "ice";

    private sealed class Session(IceAgent agent)
    {
        private readonly byte[] _buffer = new byte[2000];

        public IceAgent Agent { get; } = agent;

        public Instant Now { get; set; } = new(1);

        public List<StunTransactionId> Known { get; } = [default];

        public void Drain()
        {
            int count = 0;
            while (Agent.TryGetDatagram(Now, _buffer, out OutgoingDatagram datagram))
            {
                if (++count > 1000)
                {
                    throw new FuzzException("the agent never ends to send");
                }

                if (StunView.TryRead(_buffer.AsSpan(0, datagram.Length), out StunView view) && view.Class == StunClass.Request && Known.Count < 64)
                {
                    Known.Add(view.TransactionId);
                }
            }

            while (Agent.TryGetEvent(out _) || Agent.TryGetLogRecord(out _))
            {
            }

            if (Agent.NextTimeout <= Now)
            {
                throw new FuzzException($"the agent wants to be called at {Agent.NextTimeout}, and it is {Now}");
            }
        }
    }

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<byte> input)
    {
        var script = new ByteScript(input);
        var random = new SeededRandom(1);
        var run = new Session(new IceAgent(IceOptions.Default, (IceRole)script.Below(2), random));
        run.Agent.AddHostCandidate(run.Now, s_own);
        run.Agent.AddServer(run.Now, s_server.WithPort(3479));
        var turn = new TurnAllocation(new TurnOptions { Username = "u", Password = "p" }, new NetworkPath(s_own, s_server), random.Fork());
        run.Agent.AddRelay(run.Now, turn);
        run.Agent.Gather(run.Now);
        run.Drain();
        for (int step = 0; step < MostSteps && !script.IsAtEnd; step++)
        {
            Step(run, turn, ref script);
            run.Agent.HandleTimeout(run.Now);
            run.Drain();
        }
    }

    /// <inheritdoc/>
    public byte[] Make(IRandomSource random)
    {
        byte[] input = new byte[20 + random.NextInt32(600)];
        random.Fill(input);

        // Most decisions are small numbers; blocks are short.
        for (int index = 0; index < input.Length; index++)
        {
            input[index] = random.NextInt32(3) == 0 ? input[index] : (byte)(input[index] & 15);
        }

        return input;
    }

    private static void Step(Session run, TurnAllocation turn, ref ByteScript script)
    {
        switch (script.Below(8))
        {
            case 0:
                run.Agent.TryUnwrap(run.Now, (IceTransport)script.Below(2), PathOf(ref script), script.Block(), out _, out _);
                break;
            case 1:
                run.Now += TimeSpan.FromMilliseconds(script.Byte() * (1 << script.Below(10)));
                break;
            case 2:
                Command(run, turn, ref script);
                break;
            default:
                byte[] buffer = new byte[1500];
                int length = Write(run, buffer, ref script);
                run.Agent.TryUnwrap(run.Now, IceTransport.Udp, PathOf(ref script), buffer.AsSpan(0, length), out _, out _);
                break;
        }
    }

    private static void Command(Session run, TurnAllocation turn, ref ByteScript script)
    {
        switch (script.Below(8))
        {
            case 0:
                run.Agent.Restart(run.Now);
                break;
            case 1:
                run.Agent.EndRemoteCandidates(run.Now);
                break;
            case 2:
                turn.Prefer(run.Now, s_peer.WithPort(script.Byte()));
                break;
            case 3:
                run.Agent.TryWrap(run.Now, script.Block(), new byte[100], out _, out _);
                break;
            case 4:
                run.Agent.CompleteResolution(run.Now, "a.local", s_peer);
                break;
            case 5:
                if (run.Agent.RemoteCredentials is null)
                {
                    run.Agent.SetRemoteCredentials(run.Now, s_credentials, isLite: script.Below(8) == 7);
                }

                break;
            default:
                string host = script.Below(4) == 0 ? "a.local" : $"198.51.100.{script.Byte()}";
                if (IceCandidate.TryParse($"candidate:{script.Below(9)} 1 udp {script.Byte() << 20} {host} {script.Byte()} typ host", out IceCandidate? candidate))
                {
                    run.Agent.AddRemoteCandidate(run.Now, candidate);
                }

                break;
        }
    }

    private static NetworkPath PathOf(ref ByteScript script) => script.Below(5) switch
    {
        0 => new NetworkPath(s_own, s_server),
        1 => new NetworkPath(s_own, s_server.WithPort(3479)),
        2 => new NetworkPath(s_own.WithPort(script.Byte()), s_peer),
        _ => new NetworkPath(s_own, s_peer.WithPort(script.Byte())),
    };

    private static int Write(Session run, byte[] buffer, ref ByteScript script)
    {
        StunMethod method = script.Below(3) == 0 ? (StunMethod)script.Below(12) : StunMethod.Binding;
        StunTransactionId id = run.Known[script.Byte() % run.Known.Count];
        var writer = new StunWriter(buffer, (StunClass)script.Below(4), method, id);
        writer.Add(StunAttributeType.Username, $"{run.Agent.LocalCredentials.UsernameFragment}:peer");
        for (int count = script.Below(6); count > 0; count--)
        {
            AddAttribute(ref writer, ref script);
        }

        switch (script.Below(4))
        {
            case 0:
                writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, Encoding.ASCII.GetBytes(s_credentials.Password));
                break;
            case 1:
                writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, LongTermCredentials.DeriveKey("u", "r", "p", StunPasswordAlgorithm.Md5));
                break;
            default:
                writer.AddIntegrity((StunIntegrityAlgorithm)(1 + script.Below(2)), Encoding.ASCII.GetBytes(run.Agent.LocalCredentials.Password));
                break;
        }

        writer.AddFingerprint();
        return writer.Finish();
    }

    private static void AddAttribute(ref StunWriter writer, ref ByteScript script)
    {
        switch (script.Below(10))
        {
            case 0:
                writer.Add((StunAttributeType)((script.Byte() << 8) | script.Byte()), script.Block());
                break;
            case 1:
                writer.AddUInt32(StunAttributeType.Priority, (uint)script.Byte() << 23);
                break;
            case 2:
                writer.Add(StunAttributeType.UseCandidate);
                break;
            case 3:
                writer.AddUInt64(script.Below(2) == 0 ? StunAttributeType.IceControlling : StunAttributeType.IceControlled, (ulong)script.Byte() << 56);
                break;
            case 4:
                writer.AddAddress(script.Below(2) == 0 ? StunAttributeType.XorMappedAddress : StunAttributeType.XorRelayedAddress, s_peer.WithPort(script.Byte()));
                break;
            case 5:
                writer.AddError(300 + script.Below(3) + (100 * script.Below(4)) + (script.Below(2) * 38));
                break;
            case 6:
                writer.Add(StunAttributeType.Realm, "r");
                writer.Add(StunAttributeType.Nonce, script.Below(2) == 0 ? "n" : "obMatJos2wAAAn");
                break;
            case 7:
                writer.AddUInt32(StunAttributeType.Lifetime, script.Byte());
                break;
            case 8:
                writer.AddAddress(StunAttributeType.XorPeerAddress, s_peer.WithPort(script.Byte()));
                writer.Add(StunAttributeType.Data, script.Block());
                break;
            default:
                writer.AddAddress(StunAttributeType.AlternateServer, s_server.WithPort(script.Byte()));
                break;
        }
    }
}
