using System;

namespace Braid.Cli.Output;

/// <summary>The command line asks for something that cannot be.</summary>
/// <param name="message">One line for the person who typed it.</param>
internal sealed class UsageException(string message) : Exception(message);
