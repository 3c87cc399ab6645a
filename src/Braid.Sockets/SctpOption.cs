using System;

namespace Braid.Sockets;

/// <summary>
/// One option of an association, with its type and its RFC's name: <c>association.SetOption(SctpOptions.NoDelay, true)</c>. It is a
/// view of <see cref="SctpAssociationOptions"/>, which has the defaults and the ranges.
/// </summary>
/// <typeparam name="T">Type of its value.</typeparam>
public sealed class SctpOption<T>
{
    internal SctpOption(string name, Func<SctpAssociationOptions, T> get, Func<SctpAssociationOptions, T, SctpAssociationOptions> set)
    {
        Name = name;
        Get = get;
        Set = set;
        Default = get(SctpAssociationOptions.Default);
    }

    /// <summary>Its name in RFC 6458.</summary>
    public string Name { get; }

    /// <summary>Its value when nobody sets it.</summary>
    public T Default { get; }

    internal Func<SctpAssociationOptions, T> Get { get; }

    internal Func<SctpAssociationOptions, T, SctpAssociationOptions> Set { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
