using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Braid.Simulation;

/// <summary>One line of a chart.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Color">An SVG colour.</param>
/// <param name="Points">Time and value.</param>
public sealed record ChartLine(string Name, string Color, IReadOnlyList<(TimeSpan Time, double Value)> Points);

/// <summary>Values over time as an SVG picture. A value holds until the next one.</summary>
public static class TimeChart
{
    private const int Width = 900;
    private const int Height = 360;
    private const int Left = 70;
    private const int Bottom = 40;
    private const int Top = 40;
    private const int Right = 20;
    private const int Steps = 800;                           // more of them than anybody could see would only be bytes

    /// <summary>Draws.</summary>
    /// <param name="title">What stands above it.</param>
    /// <param name="unit">What the values are.</param>
    /// <param name="duration">From zero to this.</param>
    /// <param name="lines">The lines.</param>
    public static string Draw(string title, string unit, TimeSpan duration, IReadOnlyList<ChartLine> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        double top = RoundUp(lines.Max(line => line.Points.Max(point => point.Value)));
        var svg = new StringBuilder();
        Append(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        Append(svg, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>\n<text x=\"{Left}\" y=\"20\" font-size=\"14\">{title}</text>\n");
        for (int i = 0; i <= 5; i++)
        {
            double y = Y(top * i / 5, top);
            double x = X(duration * i / 5, duration);
            Append(svg, $"<path d=\"M{Left} {y:0.#}H{Width - Right}\" stroke=\"#ddd\"/><text x=\"{Left - 6}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{top * i / 5:0.##}</text>\n");
            Append(svg, $"<text x=\"{x:0.#}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{(duration * i / 5).TotalSeconds:0.##} s</text>\n");
        }

        Append(svg, $"<text x=\"12\" y=\"{Height / 2}\" transform=\"rotate(-90 12 {Height / 2})\" text-anchor=\"middle\">{unit}</text>\n");
        for (int i = 0; i < lines.Count; i++)
        {
            Append(svg, $"<text x=\"{Width - Right - (110 * (lines.Count - i))}\" y=\"20\" fill=\"{lines[i].Color}\">{lines[i].Name}</text>\n");
            Append(svg, $"<path fill=\"none\" stroke=\"{lines[i].Color}\" d=\"{PathOf(lines[i], duration, top)}\"/>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string PathOf(ChartLine line, TimeSpan duration, double top)
    {
        // In each step the extremes are what counts: a short dip must not be lost.
        var path = new StringBuilder();
        int index = 0;
        double value = line.Points[0].Value;
        for (int step = 0; step < Steps; step++)
        {
            TimeSpan end = duration * (step + 1) / Steps;
            double least = value;
            double most = value;
            while (index < line.Points.Count && line.Points[index].Time <= end)
            {
                value = line.Points[index++].Value;
                least = Math.Min(least, value);
                most = Math.Max(most, value);
            }

            double x = X(end, duration);
            Append(path, $"{(step == 0 ? 'M' : 'L')}{x:0.#} {Y(most, top):0.#}");
            if (least < most)
            {
                Append(path, $"V{Y(least, top):0.#}");
            }
        }

        return path.ToString();
    }

    private static double X(TimeSpan time, TimeSpan duration) => Left + ((Width - Left - Right) * (time / duration));

    private static double Y(double value, double top) => Height - Bottom - ((Height - Top - Bottom) * Math.Min(1, value / top));

    private static double RoundUp(double value)
    {
        double power = 1;
        while (power * 10 < value)
        {
            power *= 10;
        }

        return Math.Ceiling(value / power) * power;
    }

    private static void Append(StringBuilder text, FormattableString part) => text.Append(part.ToString(CultureInfo.InvariantCulture));
}
