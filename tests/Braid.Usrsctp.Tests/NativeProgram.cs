using System;
using System.IO;

namespace Braid.Usrsctp.Tests;

/// <summary>The C programs below the folder native, built beside the tests.</summary>
internal static class NativeProgram
{
    /// <summary>Builds one.</summary>
    /// <param name="name">The folder of its sources, and what it is called.</param>
    /// <returns>Where it is, or why it is not.</returns>
    public static (string? Program, string Reason) Build(string name)
    {
        string output = Path.Combine(AppContext.BaseDirectory, name);
        string flaw = Library.Run(
            $"{name} cannot be built (apt-get install gcc libusrsctp-dev)", Path.Combine(Library.ProjectFolder, "native", "build.sh"), output, name);
        return flaw.Length == 0 ? (output, "") : (null, flaw);
    }
}
