using System.Collections.Generic;
using Braid.Core;

namespace Braid.Simulation;

/// <summary>
/// Covering arrays of strength 2: in any two columns, some row has both, some row either one alone, and some row none. With all
/// pairs of a few dozen switches in eight rows, what two of them do to each other is seen by chance no longer.
/// </summary>
public static class CoveringArray
{
    /// <summary>Rows of an array.</summary>
    public const int Rows = 8;

    /// <summary>Columns that an array has at most.</summary>
    public const int MostColumns = 35;

    /// <summary>
    /// A row. Rows whose numbers differ by less than <see cref="Rows"/> and have the same multiple of it below them make up an array;
    /// each array is another one.
    /// </summary>
    /// <param name="number">The number of the row.</param>
    /// <param name="columns">How many columns there are, up to <see cref="MostColumns"/>.</param>
    public static bool[] Row(ulong number, int columns)
    {
        // Kleitman and Spencer, and Katona: a row of zeros, and in each column another choice of 4 of the 7 rows that are left.
        // Any two choices have a row in common, and either has one that the other lacks. Which choice a column gets, and what a
        // one means in it, is drawn.
        var random = new SeededRandom((number / Rows) ^ 0xC0_7E21);
        List<int> choices = [];
        for (int rows = 0; rows < 1 << (Rows - 1); rows++)
        {
            if (System.Numerics.BitOperations.PopCount((uint)rows) == Rows / 2)
            {
                choices.Add(rows);
            }
        }

        var row = new bool[columns];
        int position = (int)(number % Rows) - 1;
        for (int i = 0; i < columns; i++)
        {
            int drawn = random.NextInt32(choices.Count);
            bool isOne = position >= 0 && ((choices[drawn] >> position) & 1) != 0;
            row[i] = isOne ^ (random.NextInt32(2) != 0);
            choices.RemoveAt(drawn);
        }

        return row;
    }
}
