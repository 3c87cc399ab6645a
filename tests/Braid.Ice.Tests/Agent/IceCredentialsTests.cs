using System.Text;

namespace Braid.Ice.Tests.Agent;

/// <summary>Credentials are values: what was done with them makes no difference.</summary>
public sealed class IceCredentialsTests
{
    private const string Password = "a+password+of+22+chars";

    [Fact]
    public void Those_that_have_signed_something_are_equal_to_those_that_have_not()
    {
        var used = new IceCredentials("abcd", Password);
        Assert.Equal(Password, Encoding.ASCII.GetString(used.Key));
        Assert.Equal(new IceCredentials("abcd", Password), used);
        Assert.Equal(new IceCredentials("abcd", Password).GetHashCode(), used.GetHashCode());
        Assert.NotEqual(new IceCredentials("abce", Password), used);
        Assert.NotEqual(new IceCredentials("abcd", Password + "+"), used);
    }

    [Fact]
    public void A_copy_with_another_password_signs_with_that()
    {
        var used = new IceCredentials("abcd", Password);
        Assert.Equal(22, used.Key.Length);
        Assert.Equal(24, Encoding.ASCII.GetString((used with { Password = "another+password+of+24+x" }).Key).Length);
    }
}
