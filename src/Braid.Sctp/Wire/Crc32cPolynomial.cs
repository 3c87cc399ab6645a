namespace Braid.Sctp.Wire;

/// <summary>
/// Powers of x modulo the polynomial of CRC32c, as the register holds them: bit 31 is the coefficient of x^0 (RFC 9260
/// Appendix A). To multiply a state by x^n is to let n zero bits pass.
/// </summary>
internal static class Crc32cPolynomial
{
    private const uint One = 0x8000_0000;
    private const uint Polynomial = 0x82F6_3B78;             // 0x1EDC6F41, mirrored

    /// <summary>x^<paramref name="n"/>, for n of 0 or more.</summary>
    public static uint Power(int n) => Raise(One, n);

    /// <summary>What <paramref name="power"/> becomes when <paramref name="n"/> zero bits pass.</summary>
    public static uint Raise(uint power, int n)
    {
        for (; n > 0; n--)
        {
            power = (power >> 1) ^ ((power & 1) != 0 ? Polynomial : 0);
        }

        return power;
    }
}
