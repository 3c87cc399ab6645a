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
    [C("SCTP_ASCONF")] private const byte Asconf = 0xc1;
    [C("SCTP_ASCONF_ACK")] private const byte AsconfAck = 0x80;
    [C("SCTP_INITIATION")] private const byte Init = 1;
    [C("SCTP_INITIATION_ACK")] private const byte InitAck = 2;
    [C("SCTP_SHUTDOWN_COMPLETE")] private const byte ShutdownComplete = 14;
    [C("SCTP_AUTHENTICATION")] private const byte Auth = 15;

    /// <summary>All of them, by their numbers in the header.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        [OptionName.AuthChunk] = new SocketOption(OptionLayouts.Chunk.Size, -1, null, AddChunk),
        [OptionName.AuthKey] = new SocketOption(OptionLayouts.Key.Size, OptionLayouts.Key.Id, null, SetKey),
        [OptionName.Algorithms] = new SocketOption(OptionLayouts.Algorithms.Size, -1, GetAlgorithms, SetAlgorithms),
        [OptionName.AuthActiveKey] = new SocketOption(OptionLayouts.KeyId.Size, OptionLayouts.KeyId.Id, GetActive, static (in OptionTarget target, ReadOnlySpan<byte> value) => Activate(target, MemoryMarshal.Read<ushort>(value[OptionLayouts.KeyId.Number..]))),
        [OptionName.AuthDeleteKey] = new SocketOption(OptionLayouts.KeyId.Size, OptionLayouts.KeyId.Id, null, static (in OptionTarget target, ReadOnlySpan<byte> value) => Delete(target, MemoryMarshal.Read<ushort>(value[OptionLayouts.KeyId.Number..]))),
        [OptionName.AuthDeactivateKey] = new SocketOption(OptionLayouts.KeyId.Size, OptionLayouts.KeyId.Id, null, static (in OptionTarget target, ReadOnlySpan<byte> value) => Deactivate(target, MemoryMarshal.Read<ushort>(value[OptionLayouts.KeyId.Number..]))),
        // SCTP_PEER_AUTH_CHUNKS, SCTP_LOCAL_AUTH_CHUNKS
        [OptionName.PeerAuthChunks] = new SocketOption(OptionLayouts.Chunks.First, OptionLayouts.Chunks.Id, static (in OptionTarget target, Span<byte> value) => target.Association is { } association
            ? WriteChunks(StateOf(association).PeerChunks, value)
            : throw new RefusedException(Errno.NoEntry), null, OfOneOnly: true),
        [OptionName.LocalAuthChunks] = new SocketOption(OptionLayouts.Chunks.First, OptionLayouts.Chunks.Id, static (in OptionTarget target, Span<byte> value) =>
            WriteChunks(target.Association is { } association ? StateOf(association).LocalChunks : target.Settings.AuthenticatedChunks, value), null),
    };

    private static SctpAuthentication StateOf(SctpAssociation association) => Answers.Of(association, static asked => asked.GetAuthenticationAsync());

    // struct sctp_authchunks has the identifier alone; behind it comes the number of chunks, and then they.
    private static int WriteChunks(IReadOnlyList<ChunkType> chunks, Span<byte> value)
    {
        int size = OptionLayouts.Chunks.First + chunks.Count;
        if (value.Length < size)
        {
            throw new RefusedException(Errno.Invalid);
        }

        MemoryMarshal.Write(value[OptionLayouts.Chunks.Count..], (uint)chunks.Count);
        byte[] sorted = [.. chunks.Select(static chunk => (byte)chunk).Order()];
        sorted.CopyTo(value[OptionLayouts.Chunks.First..]);
        return size;
    }

    private static void AddChunk(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        byte chunk = value[OptionLayouts.Chunk.Type];
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
        int size = OptionLayouts.Algorithms.First + (2 * algorithms.Count);
        if (value.Length < size)
        {
            throw new RefusedException(Errno.Invalid);
        }

        MemoryMarshal.Write(value[OptionLayouts.Algorithms.Count..], (uint)algorithms.Count);
        for (int i = 0; i < algorithms.Count; i++)
        {
            MemoryMarshal.Write(value[(OptionLayouts.Algorithms.First + (2 * i))..], (ushort)algorithms[i]);
        }

        return size;
    }

    private static void SetAlgorithms(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        uint count = MemoryMarshal.Read<uint>(value[OptionLayouts.Algorithms.Count..]);
        if (count == 0 || count > (value.Length - OptionLayouts.Algorithms.First) / 2)
        {
            throw new RefusedException(Errno.Invalid);
        }

        var algorithms = new List<HmacAlgorithm>();
        for (int i = 0; i < count; i++)
        {
            var algorithm = (HmacAlgorithm)MemoryMarshal.Read<ushort>(value[(OptionLayouts.Algorithms.First + (2 * i))..]);
            algorithms.Add(algorithm is HmacAlgorithm.Sha1 or HmacAlgorithm.Sha256 ? algorithm : throw new RefusedException(Errno.Invalid));
        }

        target.Settings.Algorithms = algorithms.Contains(HmacAlgorithm.Sha1) ? algorithms : throw new RefusedException(Errno.Invalid);
        Offer(target);
    }

    private static void SetKey(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        ushort number = MemoryMarshal.Read<ushort>(value[OptionLayouts.Key.Number..]);
        int length = MemoryMarshal.Read<ushort>(value[OptionLayouts.Key.Length..]);
        if (length > value.Length - OptionLayouts.Key.Secret)
        {
            throw new RefusedException(Errno.Invalid);
        }

        byte[] secret = value.Slice(OptionLayouts.Key.Secret, length == 0 ? value.Length - OptionLayouts.Key.Secret : length).ToArray();
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
        MemoryMarshal.Write(value[OptionLayouts.KeyId.Number..], target.Association is { } association ? StateOf(association).ActiveKey ?? 0 : target.Settings.ActiveKey);
        return OptionLayouts.KeyId.Size;
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
