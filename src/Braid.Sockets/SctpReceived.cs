using System;

namespace Braid.Sockets;

/// <summary>What came to a one-to-many socket: a message, or a notification.</summary>
public readonly struct SctpReceived : IDisposable
{
    private readonly SctpMessage _message;

    internal SctpReceived(SctpMessage message) => _message = message;

    internal SctpReceived(SctpNotification notification) => Notification = notification;

    /// <summary>The notification; null when it is a message.</summary>
    public SctpNotification? Notification { get; }

    /// <summary>The message; to be disposed, or this instead of it.</summary>
    /// <exception cref="InvalidOperationException">It is a notification.</exception>
    public SctpMessage Message => Notification is null ? _message : throw new InvalidOperationException("This is a notification, not a message.");

    /// <summary>The association that it is of.</summary>
    public SctpAssociationId AssociationId => Notification?.AssociationId ?? _message.Host.Id;

    internal AssociationHost? Host => Notification is null ? _message.Host : null;

    /// <summary>Returns the memory of a message; does nothing for a notification.</summary>
    public void Dispose()
    {
        if (Notification is null)
        {
            _message.Dispose();
        }
    }
}
