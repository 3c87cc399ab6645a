using System.Linq;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests.Examples;

/// <summary>The programs of Debian's libusrsctp-examples talk to each other, each with one library or the other.</summary>
public sealed class ExampleTests(ExampleRuns runs) : IClassFixture<ExampleRuns>
{
    // Debian's library prints from its threads into the programs' lines, and was seen to hang with itself: a few of a thousand runs.
    private const int TriesOfDebians = 3;

    public static TheoryData<string, string, string> Rows => [.. ExampleRuns.All.Select(run => new TheoryDataRow<string, string, string>(run.Scenario.Name, run.Server, run.Client))];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task They_say_what_they_say_with_Debians_library_on_both_sides(string name, string server, string client)
    {
        Library.Need(ExampleProgram.Installed, "the example programs are not installed (apt-get install libusrsctp-examples)");
        Library.Need(ExampleProgram.HttpServer.Program is not null, ExampleProgram.HttpServer.Reason);
        Library.Need(Library.Debian, Library.Braid);
        string printed = await runs.OfAsync(name, server, client);
        if (server == Library.Debian || client == Library.Debian)
        {
            for (int i = 1; i < TriesOfDebians && !Expectations.AreWritten && printed != Expectations.Of($"Examples/{name}"); i++)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"Once more, after\n{printed}");
                printed = await runs.AgainAsync(name, server, client);
            }
        }

        if (server == Library.Debian && client == Library.Debian)
        {
            Expectations.Compare(Library.Debian, $"Examples/{name}", printed);
        }
        else
        {
            Expectations.Same(Expectations.Of($"Examples/{name}"), printed);
        }
    }
}
