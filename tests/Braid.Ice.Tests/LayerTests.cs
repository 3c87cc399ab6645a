using System;
using System.Linq;
using Braid.Core;

namespace Braid.Ice.Tests;

/// <summary>Who may depend on whom: STUN, ICE and TURN know neither SCTP nor a socket.</summary>
public sealed class LayerTests
{
    [Fact]
    public void Braid_Ice_uses_Braid_Core_alone()
    {
        string[] names = [.. typeof(IceAgent).Assembly.GetReferencedAssemblies().Select(name => name.Name!)];
        Assert.Equal([typeof(Instant).Assembly.GetName().Name!], names.Where(name => name.StartsWith("Braid.", StringComparison.Ordinal)));
        Assert.DoesNotContain("System.Net.Sockets", names);
    }
}
