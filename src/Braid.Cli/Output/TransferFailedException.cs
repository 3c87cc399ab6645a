using System;

namespace Braid.Cli.Output;

/// <summary>A transfer could not be done.</summary>
/// <param name="message">One line that says why.</param>
internal sealed class TransferFailedException(string message) : Exception(message);
