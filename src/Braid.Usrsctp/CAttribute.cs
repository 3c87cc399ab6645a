using System;

namespace Braid.Usrsctp;

/// <summary>
/// What usrsctp.h or the system's headers call it: a structure, one of its fields or where that is in it, or a constant. A C compiler compares all of them in
/// the tests.
/// </summary>
/// <param name="name">The name in C, without the word "struct". A constant with the name of a field is where that is; "Size" is the size of the structure.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Field)]
internal sealed class CAttribute(string name) : Attribute
{
    /// <summary>The name in C.</summary>
    public string Name => name;
}
