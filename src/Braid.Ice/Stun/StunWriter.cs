using System;
using System.Buffers.Binary;
using System.Text;
using Braid.Core;

namespace Braid.Ice.Stun;

/// <summary>
/// Writes a STUN message into the caller's buffer (RFC 8489 §6.1). Attributes go in the order of the calls; integrity comes
/// behind all others, then the fingerprint. What does not fit makes <see cref="Finish"/> return 0, and nothing throws.
/// </summary>
public ref struct StunWriter
{
    private readonly Span<byte> _destination;
    private int _length;
    private bool _isFull;

    /// <param name="destination">Where the message goes.</param>
    /// <param name="messageClass">What it is for.</param>
    /// <param name="method">What it is about.</param>
    /// <param name="id">The request's transaction, or a new one.</param>
    public StunWriter(Span<byte> destination, StunClass messageClass, StunMethod method, scoped in StunTransactionId id)
    {
        _destination = destination;
        if (destination.Length < StunView.HeaderLength)
        {
            _isFull = true;
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination, StunMessageType.Encode(messageClass, method));
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], StunView.MagicCookie);
        id.WriteTo(destination[8..]);
        _length = StunView.HeaderLength;
        WriteLength();
    }

    /// <summary>Adds an attribute; the padding is zero.</summary>
    public void Add(StunAttributeType type, scoped ReadOnlySpan<byte> value)
    {
        if (TryReserve(type, value.Length, out Span<byte> place))
        {
            value.CopyTo(place);
        }
    }

    /// <summary>Adds an attribute whose value is text.</summary>
    public void Add(StunAttributeType type, string value)
    {
        if (TryReserve(type, Encoding.UTF8.GetByteCount(value), out Span<byte> place))
        {
            Encoding.UTF8.GetBytes(value, place);
        }
    }

    /// <summary>Adds an attribute without a value.</summary>
    public void Add(StunAttributeType type) => Add(type, default(ReadOnlySpan<byte>));

    /// <summary>Adds an attribute of 4 bytes.</summary>
    public void AddUInt32(StunAttributeType type, uint value)
    {
        if (TryReserve(type, sizeof(uint), out Span<byte> place))
        {
            BinaryPrimitives.WriteUInt32BigEndian(place, value);
        }
    }

    /// <summary>Adds an attribute of 8 bytes.</summary>
    public void AddUInt64(StunAttributeType type, ulong value)
    {
        if (TryReserve(type, sizeof(ulong), out Span<byte> place))
        {
            BinaryPrimitives.WriteUInt64BigEndian(place, value);
        }
    }

    /// <summary>Adds an address, XORed for all types but MAPPED-ADDRESS and ALTERNATE-SERVER.</summary>
    public void AddAddress(StunAttributeType type, in NetworkAddress address)
    {
        if (_isFull)
        {
            return;
        }

        Span<byte> value = stackalloc byte[StunAddress.LongestLength];
        bool isPlain = type is StunAttributeType.MappedAddress or StunAttributeType.AlternateServer;
        int length = StunAddress.Write(address, isPlain ? default : _destination.Slice(4, 16), value);
        Add(type, value[..length]);
    }

    /// <summary>Adds ERROR-CODE.</summary>
    /// <param name="code">From 300 to 699.</param>
    /// <param name="reason">A phrase for people; null for the recommended one.</param>
    public void AddError(int code, string? reason = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(code, 300);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, 699);
        reason ??= StunError.ReasonOf(code);
        if (TryReserve(StunAttributeType.ErrorCode, 4 + Encoding.UTF8.GetByteCount(reason), out Span<byte> place))
        {
            place[0] = 0;
            place[1] = 0;
            place[2] = (byte)(code / 100);
            place[3] = (byte)(code % 100);
            Encoding.UTF8.GetBytes(reason, place[4..]);
        }
    }

    /// <summary>Adds UNKNOWN-ATTRIBUTES.</summary>
    public void AddUnknownAttributes(scoped ReadOnlySpan<ushort> types)
    {
        if (TryReserve(StunAttributeType.UnknownAttributes, types.Length * sizeof(ushort), out Span<byte> place))
        {
            for (int index = 0; index < types.Length; index++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(place[(index * sizeof(ushort))..], types[index]);
            }
        }
    }

    /// <summary>Adds MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256 over all that was written so far.</summary>
    /// <param name="algorithm">Which; nothing is added for none.</param>
    /// <param name="key">The password's bytes, or the key of long-term credentials.</param>
    public void AddIntegrity(StunIntegrityAlgorithm algorithm, scoped ReadOnlySpan<byte> key)
    {
        (StunAttributeType type, int length) = algorithm == StunIntegrityAlgorithm.Sha256
            ? (StunAttributeType.MessageIntegritySha256, MessageIntegrity.Sha256Length)
            : (StunAttributeType.MessageIntegrity, MessageIntegrity.Sha1Length);
        int before = _length;
        if (algorithm != StunIntegrityAlgorithm.None && TryReserve(type, length, out Span<byte> place))
        {
            MessageIntegrity.Compute(_destination[..before], key, algorithm, place);
        }
    }

    /// <summary>Adds FINGERPRINT, behind which nothing may come.</summary>
    public void AddFingerprint()
    {
        int before = _length;
        if (TryReserve(StunAttributeType.Fingerprint, sizeof(uint), out Span<byte> place))
        {
            BinaryPrimitives.WriteUInt32BigEndian(place, Crc32.Compute(_destination[..before]) ^ StunView.FingerprintMask);
        }
    }

    /// <summary>The length of the message; 0 when the buffer was too short for it.</summary>
    public readonly int Finish() => _isFull ? 0 : _length;

    private bool TryReserve(StunAttributeType type, int length, out Span<byte> place)
    {
        int padded = StunView.Padded(length);
        if (_isFull || padded > ushort.MaxValue - _length || _destination.Length - _length < StunView.AttributeHeaderLength + padded)
        {
            _isFull = true;
            place = default;
            return false;
        }

        Span<byte> attribute = _destination.Slice(_length, StunView.AttributeHeaderLength + padded);
        BinaryPrimitives.WriteUInt16BigEndian(attribute, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(attribute[2..], (ushort)length);
        attribute[(StunView.AttributeHeaderLength + length)..].Clear();
        place = attribute.Slice(StunView.AttributeHeaderLength, length);
        _length += attribute.Length;
        WriteLength();
        return true;
    }

    // Kept right all the time: the fingerprint covers it.
    private readonly void WriteLength() => BinaryPrimitives.WriteUInt16BigEndian(_destination[2..], (ushort)(_length - StunView.HeaderLength));
}
