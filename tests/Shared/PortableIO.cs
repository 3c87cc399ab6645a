using System;
using System.Runtime.CompilerServices;

namespace Braid;

/// <summary>With BRAID_PORTABLE_IO=1 the tests run over the calls that all systems have.</summary>
internal static class PortableIO
{
#pragma warning disable CA2255 // Before the first socket, whichever test opens it.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Choose()
    {
        if (Environment.GetEnvironmentVariable("BRAID_PORTABLE_IO") == "1")
        {
            AppContext.SetSwitch("Braid.Sockets.PortableIO", true);
        }
    }
}
