using System;
using System.Buffers.Binary;

namespace Braid.Ice.Stun;

/// <summary>One attribute, viewed in place (RFC 8489 §14).</summary>
public readonly ref struct StunAttribute
{
    internal StunAttribute(StunAttributeType type, ReadOnlySpan<byte> value)
    {
        Type = type;
        Value = value;
    }

    /// <summary>The type; any number may come.</summary>
    public StunAttributeType Type { get; }

    /// <summary>The value, without padding.</summary>
    public ReadOnlySpan<byte> Value { get; }
}

/// <summary>
/// The attributes of a message that count. Behind MESSAGE-INTEGRITY only MESSAGE-INTEGRITY-SHA256 and FINGERPRINT do, behind
/// MESSAGE-INTEGRITY-SHA256 only FINGERPRINT: nobody has signed the others (RFC 8489 §14.5, §14.6).
/// </summary>
public readonly ref struct StunAttributeEnumerable
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal StunAttributeEnumerable(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>From the first on.</summary>
    public Enumerator GetEnumerator() => new(_bytes);

    /// <summary>Walks the attributes.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;
        private bool _isBehindSha1;
        private bool _isBehindSha256;

        internal Enumerator(ReadOnlySpan<byte> bytes) => _rest = bytes;

        /// <summary>The attribute at this place.</summary>
        public StunAttribute Current { get; private set; }

        /// <summary>Goes on to the next one that counts.</summary>
        public bool MoveNext()
        {
            while (!_rest.IsEmpty)
            {
                var type = (StunAttributeType)BinaryPrimitives.ReadUInt16BigEndian(_rest);
                int length = BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]);
                ReadOnlySpan<byte> value = _rest.Slice(StunView.AttributeHeaderLength, length);
                _rest = _rest[(StunView.AttributeHeaderLength + StunView.Padded(length))..];
                bool counts = type == StunAttributeType.Fingerprint
                    || (!_isBehindSha256 && (!_isBehindSha1 || type == StunAttributeType.MessageIntegritySha256));
                _isBehindSha1 |= type == StunAttributeType.MessageIntegrity;
                _isBehindSha256 |= type == StunAttributeType.MessageIntegritySha256;
                if (counts)
                {
                    Current = new StunAttribute(type, value);
                    return true;
                }
            }

            return false;
        }
    }
}
