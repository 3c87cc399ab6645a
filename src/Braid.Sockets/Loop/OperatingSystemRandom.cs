using System;
using System.Security.Cryptography;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>The operating system's generator: tags, initial TSNs and cookie keys are security values.</summary>
internal sealed class OperatingSystemRandom : IRandomSource
{
    public static OperatingSystemRandom Instance { get; } = new();

    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);

    public IRandomSource Fork() => this;
}
