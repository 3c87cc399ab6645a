using System;
using System.Text;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice.Tests.World;

/// <summary>A peer that sends what the test wants, right or wrong.</summary>
internal sealed class HandMadePeer(IceHost host, IceWorld world)
{
    private readonly byte[] _buffer = new byte[1500];
    private uint _nextId = 1;

    public IceCredentials Credentials { get; } = new("peer", "a-password-of-22-letters".Replace('-', '+'));

    /// <summary>What decides when both have the same role.</summary>
    public ulong TieBreaker { get; set; } = 5;

    /// <summary>Which error requests are answered with; 0 for success.</summary>
    public int ErrorCode { get; set; }

    /// <summary>Whether answers are signed.</summary>
    public bool Signs { get; set; } = true;

    public StunTransactionId Check(NetworkAddress to, NetworkAddress from, uint priority, bool useCandidate, IceRole role = IceRole.Controlling)
    {
        var id = new StunTransactionId(7, _nextId++);
        var writer = new StunWriter(_buffer, StunClass.Request, StunMethod.Binding, id);
        writer.Add(StunAttributeType.Username, $"{host.Agent.LocalCredentials.UsernameFragment}:{Credentials.UsernameFragment}");
        writer.AddUInt32(StunAttributeType.Priority, priority);
        writer.AddUInt64(role == IceRole.Controlling ? StunAttributeType.IceControlling : StunAttributeType.IceControlled, TieBreaker);
        if (useCandidate)
        {
            writer.Add(StunAttributeType.UseCandidate);
        }

        writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, Encoding.ASCII.GetBytes(host.Agent.LocalCredentials.Password));
        writer.AddFingerprint();
        world.Inject(host, new NetworkPath(to, from), _buffer[..writer.Finish()]);
        return id;
    }

    /// <summary>Answers what the host asks, for a second.</summary>
    public void AnswerAll() => AnswerAllFor(1);

    public void AnswerAllFor(double seconds) => AnswerOnly(null, seconds);

    /// <summary>Answers what goes from or to one address, or all of it.</summary>
    public void AnswerOnly(NetworkAddress? only, double seconds)
    {
        Action<IceHost, NetworkPath, byte[]>? observer = world.Observer;
        world.Observer = (sender, path, bytes) =>
        {
            if (sender == host && StunView.TryRead(bytes, out StunView request) && request.Class == StunClass.Request && (only is null || only == path.Local || only == path.Remote))
            {
                byte[] answer = Answer(request.TransactionId, path.Local);
                world.Schedule(world.Delay, () => world.Inject(host, path, answer));
            }
        };
        world.Run(seconds);
        world.Observer = observer;
    }

    public byte[] Answer(in StunTransactionId id, in NetworkAddress source)
    {
        byte[] answer = new byte[200];
        StunClass messageClass = ErrorCode == 0 ? StunClass.SuccessResponse : StunClass.ErrorResponse;
        var writer = new StunWriter(answer, messageClass, StunMethod.Binding, id);
        if (ErrorCode == 0)
        {
            writer.AddAddress(StunAttributeType.XorMappedAddress, source);
        }
        else
        {
            writer.AddError(ErrorCode);
        }

        if (Signs)
        {
            writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, Encoding.ASCII.GetBytes(Credentials.Password));
        }

        writer.AddFingerprint();
        return answer[..writer.Finish()];
    }
}
