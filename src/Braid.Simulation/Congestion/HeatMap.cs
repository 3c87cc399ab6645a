using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Braid.Simulation;

/// <summary>Shares from 0 to 1 as fields of colour, in an SVG picture. The number stands in each, so that nobody has to guess a colour.</summary>
internal static class HeatMap
{
    private const int Cell = 40;
    private const int CellHeight = 22;
    private const int Left = 130;
    private const int Top = 64;
    private const int Gap = 14;
    private const int LabelHeight = 20;

    /// <summary>Draws panels side by side and one above the other, each with the same columns and rows.</summary>
    /// <param name="title">What stands above all.</param>
    /// <param name="panelColumns">Names of the panels from left to right,</param>
    /// <param name="panelRows">and from top to bottom.</param>
    /// <param name="columns">Names of the columns of each panel.</param>
    /// <param name="rows">Names of its rows.</param>
    /// <param name="value">By panel column, panel row, column and row.</param>
    public static string Draw(
        string title,
        IReadOnlyList<string> panelColumns,
        IReadOnlyList<string> panelRows,
        IReadOnlyList<string> columns,
        IReadOnlyList<string> rows,
        Func<int, int, int, int, double> value)
    {
        int panelWidth = (columns.Count * Cell) + Gap;
        int panelHeight = LabelHeight + (rows.Count * CellHeight) + Gap;
        int width = Left + (panelColumns.Count * panelWidth);
        int height = Top + (panelRows.Count * panelHeight);
        var svg = new StringBuilder();
        Append(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        Append(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n<text x=\"{Gap}\" y=\"22\" font-size=\"14\">{title}</text>\n");
        for (int i = 0; i < panelColumns.Count; i++)
        {
            int left = Left + (i * panelWidth);
            Append(svg, $"<text x=\"{left}\" y=\"{Top - 12}\" font-weight=\"bold\">{panelColumns[i]}</text>\n");
            for (int j = 0; j < panelRows.Count; j++)
            {
                int top = Top + (j * panelHeight);
                if (i == 0)
                {
                    AppendRowLabels(svg, panelRows[j], rows, top);
                }

                for (int column = 0; column < columns.Count; column++)
                {
                    Append(svg, $"<text x=\"{left + (column * Cell) + (Cell / 2)}\" y=\"{top + LabelHeight - 6}\" font-size=\"10\" text-anchor=\"middle\">{columns[column]}</text>\n");
                    for (int row = 0; row < rows.Count; row++)
                    {
                        AppendField(svg, left + (column * Cell), top + LabelHeight + (row * CellHeight), value(i, j, column, row));
                    }
                }
            }
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void AppendRowLabels(StringBuilder svg, string panel, IReadOnlyList<string> rows, int top)
    {
        Append(svg, $"<text x=\"{Gap}\" y=\"{top + LabelHeight - 6}\" font-weight=\"bold\">{panel}</text>\n");
        for (int row = 0; row < rows.Count; row++)
        {
            Append(svg, $"<text x=\"{Left - 8}\" y=\"{top + LabelHeight + (row * CellHeight) + 15}\" text-anchor=\"end\">{rows[row]}</text>\n");
        }
    }

    // From dark red through yellow to green; the share that a person cares about is between a half and all of it.
    private static void AppendField(StringBuilder svg, int x, int y, double share)
    {
        double bounded = Math.Clamp(share, 0, 1);
        string ink = bounded < 0.25 ? "white" : "black";
        Append(svg, $"<rect x=\"{x}\" y=\"{y}\" width=\"{Cell - 1}\" height=\"{CellHeight - 1}\" fill=\"hsl({bounded * 130:0} 65% {30 + (bounded * 35):0}%)\"/>");
        Append(svg, $"<text x=\"{x + (Cell / 2)}\" y=\"{y + 15}\" text-anchor=\"middle\" fill=\"{ink}\">{Percent(share)}</text>\n");
    }

    private static string Percent(double share) => (share * 100).ToString(share < 0.0995 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private static void Append(StringBuilder text, FormattableString part) => text.Append(part.ToString(CultureInfo.InvariantCulture));
}
