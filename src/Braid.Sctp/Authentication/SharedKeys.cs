using System;
using System.Collections.Generic;

namespace Braid.Sctp;

/// <summary>
/// The endpoint pair shared keys of one association (RFC 4895 §6.1, RFC 6458 §8.1.18, §8.3.3 to §8.3.5). Owns the keys, which of them is
/// active, and how many messages need each; none of them outlives its use in memory.
/// </summary>
internal sealed class SharedKeys
{
    private const int MostKeys = 256;

    private readonly List<StoredKey> _entries = [];              // nearly always one or two
    private readonly AssociationContext? _context;

    /// <param name="options">The keys at the beginning.</param>
    /// <param name="context">Who is told of what happens to them; null for nobody.</param>
    public SharedKeys(AuthenticationOptions options, AssociationContext? context)
    {
        _context = context;
        foreach (SharedKey key in options.Keys)
        {
            _entries.Add(new StoredKey(key.Id, key.Secret.ToArray()));
        }

        if (_entries.Count == 0)
        {
            _entries.Add(new StoredKey(0, []));                  // §6.1, §6.2: without a key, the null key
        }

        Active = options.ActiveKey ?? _entries[0].Id;
    }

    /// <summary>What control chunks, and messages that name no other, are authenticated with.</summary>
    public ushort Active { get; private set; }

    /// <summary>Whether a message may be sent with a key.</summary>
    public bool MaySendWith(ushort id) => Find(id) is { IsDeactivated: false };

    /// <summary>The key of an association that follows from one of these; null when there is no such key.</summary>
    public byte[]? Derive(ushort id, KeyVectors vectors, HmacAlgorithm algorithm) => Find(id)?.Derive(vectors, algorithm);

    /// <summary>The peer has proved that it has a key.</summary>
    public void OnUsedByPeer(ushort id)
    {
        if (Find(id) is { WasUsedByPeer: false } entry)
        {
            entry.WasUsedByPeer = true;
            _context?.Report(new AssociationEvent.Authentication(AuthenticationIndication.NewKey, id));
        }
    }

    /// <summary>A message was accepted.</summary>
    public void OnAccepted(ushort id)
    {
        if (Find(id) is { } entry)
        {
            entry.Messages++;
        }
    }

    /// <summary>A message is needed no longer.</summary>
    public void OnReleased(ushort id)
    {
        if (Find(id) is { } entry)
        {
            entry.Messages--;
            ReportIfFree(entry);
        }
    }

    /// <summary>Adds a key, or puts it in the place of the one with its number.</summary>
    public AuthenticationKeyStatus Set(ushort id, ReadOnlySpan<byte> secret)
    {
        StoredKey? old = Find(id);
        if (old is null && _entries.Count >= MostKeys)
        {
            return AuthenticationKeyStatus.TooManyKeys;
        }

        var entry = new StoredKey(id, secret.ToArray()) { Messages = old?.Messages ?? 0 };
        if (old is null)
        {
            _entries.Add(entry);
        }
        else
        {
            old.Wipe();
            _entries[_entries.IndexOf(old)] = entry;
        }

        return AuthenticationKeyStatus.Done;
    }

    /// <summary>Makes a key the active one.</summary>
    public AuthenticationKeyStatus Activate(ushort id)
    {
        StoredKey? entry = Find(id);
        if (entry is null or { IsDeactivated: true })
        {
            return entry is null ? AuthenticationKeyStatus.UnknownKey : AuthenticationKeyStatus.IsDeactivated;
        }

        Active = id;
        return AuthenticationKeyStatus.Done;
    }

    /// <summary>Sends nothing new with a key any more; what comes with it is good as before.</summary>
    public AuthenticationKeyStatus Deactivate(ushort id)
    {
        StoredKey? entry = Find(id);
        if (entry is null or { IsDeactivated: true } || id == Active)
        {
            return entry is null ? AuthenticationKeyStatus.UnknownKey
                : id == Active ? AuthenticationKeyStatus.IsActive
                : AuthenticationKeyStatus.IsDeactivated;
        }

        entry.IsDeactivated = true;
        ReportIfFree(entry);
        return AuthenticationKeyStatus.Done;
    }

    /// <summary>Forgets a key: nothing that comes with it is taken any more.</summary>
    public AuthenticationKeyStatus Delete(ushort id)
    {
        StoredKey? entry = Find(id);
        if (entry is not { IsDeactivated: true, Messages: 0 })
        {
            return entry is null ? AuthenticationKeyStatus.UnknownKey
                : entry.IsDeactivated ? AuthenticationKeyStatus.InUse
                : AuthenticationKeyStatus.NotDeactivated;
        }

        entry.Wipe();
        _entries.Remove(entry);
        return AuthenticationKeyStatus.Done;
    }

    /// <summary>Forgets all keys: the association has ended, and nothing is sent or taken any more.</summary>
    public void Wipe()
    {
        foreach (StoredKey entry in _entries)
        {
            entry.Wipe();
        }

        _entries.Clear();
    }

    private void ReportIfFree(StoredKey entry)
    {
        if (entry is { IsDeactivated: true, Messages: 0 })
        {
            _context?.Report(new AssociationEvent.Authentication(AuthenticationIndication.KeyFreed, entry.Id));
        }
    }

    private StoredKey? Find(ushort id)
    {
        foreach (StoredKey entry in _entries)
        {
            if (entry.Id == id)
            {
                return entry;
            }
        }

        return null;
    }
}
