// A program that talks over TCP, and the same over SCTP: compare OverTcp.cs with OverSctp.cs, line by line. What it says
// (LineProtocol.cs) does not know the difference.
using PortYourTcpClient;

await OverTcp.RunAsync();
await OverSctp.RunAsync();
