using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;

namespace Braid.WebRtc.Network;

/// <summary>A message of multicast DNS to be sent.</summary>
/// <param name="Bytes">It.</param>
/// <param name="To">Who gets it alone; none for the group, on each interface.</param>
internal readonly record struct MdnsOutput(byte[] Bytes, NetworkAddress To);

/// <summary>What became of a question.</summary>
/// <param name="Name">What was asked for, lower case.</param>
/// <param name="Address">Its address, without a port; none when nobody has answered.</param>
internal readonly record struct MdnsResolution(string Name, NetworkAddress Address);

/// <summary>
/// Resolves names in .local and answers for names of our own (RFC 6762; names that hide addresses: draft-ietf-mmusic-mdns-ice-candidates),
/// without a socket and a clock. Names of our own are random UUIDs: they are not probed for (there, §3.1.1).
/// </summary>
internal sealed class MdnsNode(bool isOneShot)
{
    /// <summary>Of multicast DNS.</summary>
    public const ushort Port = 5353;

    private const int MostQuestions = 256;
    private const uint TimeToLive = 120;                     // §10: of records with a host's address
    private static readonly TimeSpan s_repeat = TimeSpan.FromSeconds(1);     // §5.2, §6: at least
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Question> _questions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Own> _own = new(StringComparer.Ordinal);
    private readonly Queue<MdnsOutput> _outputs = new();
    private readonly Queue<MdnsResolution> _resolutions = new();

    /// <summary>When <see cref="HandleTimeout"/> wants to be called.</summary>
    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Question question in _questions.Values)
            {
                next = Instant.Min(next, Instant.Min(question.RepeatAt, question.GiveUpAt));
            }

            return next;
        }
    }

    /// <summary>Whether nobody asks and nothing is answered for.</summary>
    public bool IsIdle => _questions.Count == 0 && _own.Count == 0;

    /// <summary>Asks for the address of a name.</summary>
    /// <returns>False when it is no name in .local, or too many are asked for.</returns>
    public bool Resolve(Instant now, string name)
    {
        name = name.ToLowerInvariant();
        if (!DnsName.IsLocal(name) || _questions.Count >= MostQuestions)
        {
            return false;
        }

        if (_own.TryGetValue(name, out Own? own))
        {
            _resolutions.Enqueue(new MdnsResolution(name, own.Address));
        }
        else if (_questions.TryAdd(name, new Question { RepeatAt = now + s_repeat, GiveUpAt = now + s_patience, Interval = s_repeat }))
        {
            Ask(name);
        }

        return true;
    }

    /// <summary>Answers for a name from now on.</summary>
    public void Publish(string name, in NetworkAddress address) => _own[name.ToLowerInvariant()] = new Own(address.WithPort(0));

    /// <summary>Answers for it no longer, and says so (§10.1).</summary>
    public void Withdraw(string name)
    {
        if (_own.Remove(name.ToLowerInvariant(), out Own? own))
        {
            Span<byte> bytes = stackalloc byte[MdnsMessage.LongestLength];
            int length = MdnsMessage.WriteAnswer(bytes, name.ToLowerInvariant(), own.Address, timeToLive: 0, MdnsMessage.TypeOf(own.Address));
            _outputs.Enqueue(new MdnsOutput(bytes[..length].ToArray(), NetworkAddress.None));
        }
    }

    /// <summary>Takes in a message. Who calls sees to it that it comes from this link (§11).</summary>
    public void HandleDatagram(Instant now, in NetworkAddress from, ReadOnlySpan<byte> datagram)
    {
        if (MdnsMessage.TryRead(datagram) is not { } message)
        {
            return;
        }

        if (!message.IsResponse)
        {
            foreach (MdnsQuestion question in message.Questions)
            {
                OnQuestion(now, from, message.Id, question);
            }
        }
        else if (from.Port == Port)                          // §6: a response is ignored that comes from elsewhere
        {
            foreach (MdnsAddress record in message.Addresses)
            {
                if (record.TimeToLive > 0 && record.Address.IsUnicast && _questions.Remove(record.Name))
                {
                    bool isLinkLocal = record.Address is { Family: NetworkFamily.IPv6, Scope: NetworkScope.Link };
                    _resolutions.Enqueue(new MdnsResolution(
                        record.Name, isLinkLocal ? record.Address.WithScopeId(from.ScopeId) : record.Address));
                }
            }
        }
    }

    /// <summary>Asks again, and gives up.</summary>
    public void HandleTimeout(Instant now)
    {
        List<string>? over = null;
        foreach ((string name, Question question) in _questions)
        {
            if (now >= question.GiveUpAt)
            {
                (over ??= []).Add(name);
            }
            else if (now >= question.RepeatAt)
            {
                question.Interval *= 2;                      // §5.2
                question.RepeatAt = now + question.Interval;
                Ask(name);
            }
        }

        foreach (string name in over ?? [])
        {
            _questions.Remove(name);
            _resolutions.Enqueue(new MdnsResolution(name, NetworkAddress.None));
        }
    }

    /// <summary>Takes the next message that is to be sent.</summary>
    public bool TryGetOutput([MaybeNullWhen(false)] out MdnsOutput output) => _outputs.TryDequeue(out output);

    /// <summary>Takes the next answer to <see cref="Resolve"/>.</summary>
    public bool TryGetResolution([MaybeNullWhen(false)] out MdnsResolution resolution) => _resolutions.TryDequeue(out resolution);

    private void OnQuestion(Instant now, in NetworkAddress from, ushort id, in MdnsQuestion question)
    {
        if (!_own.TryGetValue(question.Name, out Own? own))
        {
            return;
        }

        Span<byte> bytes = stackalloc byte[MdnsMessage.LongestLength];
        if (from.Port != Port)
        {
            int length = MdnsMessage.WriteLegacyAnswer(bytes, id, question, own.Address);
            _outputs.Enqueue(new MdnsOutput(bytes[..length].ToArray(), from));
            return;
        }

        // §6: the group gets a record once in a second at most; who asks by unicast gets it whenever he does.
        if (question.WantsUnicast || now >= own.MayMulticastAt)
        {
            int length = MdnsMessage.WriteAnswer(bytes, question.Name, own.Address, TimeToLive, question.Type);
            _outputs.Enqueue(new MdnsOutput(bytes[..length].ToArray(), question.WantsUnicast ? from : NetworkAddress.None));
            bool isAnswer = question.Type == MdnsMessage.TypeOf(own.Address) || question.Type == DnsType.Any;
            own.MayMulticastAt = question.WantsUnicast || !isAnswer ? own.MayMulticastAt : now + s_repeat;
        }
    }

    private void Ask(string name)
    {
        Span<byte> bytes = stackalloc byte[MdnsMessage.LongestLength];
        ushort id = (ushort)(isOneShot ? 1 : 0);             // §5.1: whoever does not listen at 5353 is answered as by plain DNS
        int length = MdnsMessage.WriteQuery(bytes, name, DnsType.A, id);
        _outputs.Enqueue(new MdnsOutput(bytes[..length].ToArray(), NetworkAddress.None));
        length = MdnsMessage.WriteQuery(bytes, name, DnsType.Aaaa, id);
        _outputs.Enqueue(new MdnsOutput(bytes[..length].ToArray(), NetworkAddress.None));
    }

    private sealed class Question
    {
        public required Instant RepeatAt { get; set; }

        public required Instant GiveUpAt { get; init; }

        public required TimeSpan Interval { get; set; }
    }

    private sealed class Own(NetworkAddress address)
    {
        public NetworkAddress Address { get; } = address;

        public Instant MayMulticastAt { get; set; } = Instant.Zero;
    }
}
