using System;

namespace Braid.Tests;

/// <summary>The rule that a test shows.</summary>
/// <param name="number">Number of the RFC.</param>
/// <param name="section">Its section.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class RfcAttribute(int number, string section) : Attribute
{
    /// <summary>Number of the RFC.</summary>
    public int Number { get; } = number;

    /// <summary>Its section.</summary>
    public string Section { get; } = section;
}

/// <summary>The test purpose of ETSI TS 102 369 that a test carries out.</summary>
/// <param name="purpose">Its identifier without "sctp-", such as "as-v-1-1-1".</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class EtsiAttribute(string purpose) : Attribute
{
    /// <summary>Its identifier.</summary>
    public string Purpose { get; } = purpose;
}
