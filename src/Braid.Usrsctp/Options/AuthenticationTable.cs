using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Authentication (RFC 4895): chunks, algorithms and keys.</summary>
internal static class AuthenticationTable
{
    private const byte Asconf = 0xc1;
    private const byte AsconfAck = 0x80;

    /// <summary>All of them, by their numbers in the header.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        // SCTP_AUTH_CHUNK
        [0x12] = new SocketOption(1, -1, null, AddChunk),
        // SCTP_AUTH_KEY
        [0x13] = new SocketOption(8, 0, null, SetKey),
        // SCTP_HMAC_IDENT
        [0x14] = new SocketOption(4, -1, GetAlgorithms, SetAlgorithms),
        // SCTP_AUTH_ACTIVE_KEY
        [0x15] = new SocketOption(8, 0, GetActive, static (in OptionTarget target, ReadOnlySpan<byte> value) => Activate(target, MemoryMarshal.Read<ushort>(value[4..]))),
        // SCTP_AUTH_DELETE_KEY
        [0x16] = new SocketOption(8, 0, null, static (in OptionTarget target, ReadOnlySpan<byte> value) => Delete(target, MemoryMarshal.Read<ushort>(value[4..]))),
        // SCTP_AUTH_DEACTIVATE_KEY
        [0x1d] = new SocketOption(8, 0, null, static (in OptionTarget target, ReadOnlySpan<byte> value) => Deactivate(target, MemoryMarshal.Read<ushort>(value[4..]))),
        // SCTP_PEER_AUTH_CHUNKS, SCTP_LOCAL_AUTH_CHUNKS
        [0x102] = new SocketOption(8, 0, static (in OptionTarget target, Span<byte> value) => target.Association is { } association
            ? WriteChunks(StateOf(association).PeerChunks, value)
            : throw new RefusedException(Errno.NoEntry), null, OfOneOnly: true),
        [0x103] = new SocketOption(8, 0, static (in OptionTarget target, Span<byte> value) =>
            WriteChunks(target.Association is { } association ? StateOf(association).LocalChunks : target.Settings.AuthenticatedChunks, value), null),
    };

    private static SctpAuthentication StateOf(SctpAssociation association) => Answers.Of(association, static asked => asked.GetAuthenticationAsync());

    // struct sctp_authchunks has the identifier alone; behind it comes the number of chunks, and then they.
    private static int WriteChunks(IReadOnlyList<ChunkType> chunks, Span<byte> value)
    {
        int size = 8 + chunks.Count;
        if (value.Length < size)
        {
            throw new RefusedException(Errno.Invalid);
        }

        MemoryMarshal.Write(value[4..], (uint)chunks.Count);
        byte[] sorted = [.. chunks.Select(static chunk => (byte)chunk).Order()];
        sorted.CopyTo(value[8..]);
        return size;
    }

    private static void AddChunk(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        const byte Init = 1, InitAck = 2, ShutdownComplete = 14, Auth = 15;
        byte chunk = value[0];
        if (chunk is Init or InitAck or ShutdownComplete or Auth)
        {
            throw new RefusedException(Errno.Invalid);       // RFC 4895 §3.2
        }

        SocketSettings settings = target.Settings;
        settings.AuthenticatedChunks = [.. settings.AuthenticatedChunks.Append((ChunkType)chunk).Distinct()];
        Offer(target);
    }

    private static int GetAlgorithms(in OptionTarget target, Span<byte> value)
    {
        IReadOnlyList<HmacAlgorithm> algorithms = target.Settings.Algorithms;
        int size = 4 + (2 * algorithms.Count);
        if (value.Length < size)
        {
            throw new RefusedException(Errno.Invalid);
        }

        MemoryMarshal.Write(value, (uint)algorithms.Count);
        for (int i = 0; i < algorithms.Count; i++)
        {
            MemoryMarshal.Write(value[(4 + (2 * i))..], (ushort)algorithms[i]);
        }

        return size;
    }

    private static void SetAlgorithms(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        uint count = MemoryMarshal.Read<uint>(value);
        if (count == 0 || count > (value.Length - 4) / 2)
        {
            throw new RefusedException(Errno.Invalid);
        }

        var algorithms = new List<HmacAlgorithm>();
        for (int i = 0; i < count; i++)
        {
            var algorithm = (HmacAlgorithm)MemoryMarshal.Read<ushort>(value[(4 + (2 * i))..]);
            algorithms.Add(algorithm is HmacAlgorithm.Sha1 or HmacAlgorithm.Sha256 ? algorithm : throw new RefusedException(Errno.Invalid));
        }

        target.Settings.Algorithms = algorithms.Contains(HmacAlgorithm.Sha1) ? algorithms : throw new RefusedException(Errno.Invalid);
        Offer(target);
    }

    private static void SetKey(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        ushort number = MemoryMarshal.Read<ushort>(value[4..]);
        int length = MemoryMarshal.Read<ushort>(value[6..]);
        if (length > value.Length - 8)
        {
            throw new RefusedException(Errno.Invalid);
        }

        byte[] secret = value.Slice(8, length == 0 ? value.Length - 8 : length).ToArray();
        if (target.Association is { } association)
        {
            Check(() => association.SetAuthenticationKeyAsync(number, secret));
            return;
        }

        target.Settings.Keys = new Dictionary<ushort, byte[]>(target.Settings.Keys) { [number] = secret };
        Offer(target);
    }

    private static int GetActive(in OptionTarget target, Span<byte> value)
    {
        MemoryMarshal.Write(value[4..], target.Association is { } association ? StateOf(association).ActiveKey ?? 0 : target.Settings.ActiveKey);
        return 8;
    }

    private static void Activate(in OptionTarget target, ushort number)
    {
        if (target.Association is { } association)
        {
            Check(() => association.ActivateAuthenticationKeyAsync(number));
            return;
        }

        target.Settings.ActiveKey = number == 0 || target.Settings.Keys.ContainsKey(number) ? number : throw new RefusedException(Errno.Invalid);
        Offer(target);
    }

    private static void Delete(in OptionTarget target, ushort number)
    {
        if (target.Association is { } association)
        {
            Check(() => association.DeleteAuthenticationKeyAsync(number));
            return;
        }

        if (number == target.Settings.ActiveKey || !target.Settings.Keys.ContainsKey(number))
        {
            throw new RefusedException(Errno.Invalid);
        }

        target.Settings.Keys = target.Settings.Keys.Where(pair => pair.Key != number).ToDictionary();
        Offer(target);
    }

    private static void Deactivate(in OptionTarget target, ushort number)
    {
        if (target.Association is not { } association)
        {
            throw new RefusedException(Errno.Invalid);
        }

        Check(() => association.DeactivateAuthenticationKeyAsync(number));
    }

    private static void Check(Func<ValueTask<AuthenticationKeyStatus>> change)
    {
        if (Answers.Of(change) != AuthenticationKeyStatus.Done)
        {
            throw new RefusedException(Errno.Invalid);
        }
    }

    // With what associations begin from now on.
    private static void Offer(in OptionTarget target)
    {
        SocketSettings settings = target.Settings;
        new OptionTarget(target.Socket, settings, null).Change(options => options with { Authentication = settings.ToAuthentication() });
    }

    /// <summary>Chunks that libusrsctp has authenticated from the start.</summary>
    public static IReadOnlyList<ChunkType> StandardChunks { get; } = [(ChunkType)AsconfAck, (ChunkType)Asconf];
}
