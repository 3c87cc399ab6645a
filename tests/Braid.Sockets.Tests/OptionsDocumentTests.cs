using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary><c>docs/options.md</c> says what the code says.</summary>
public sealed partial class OptionsDocumentTests
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "options.md"));

    /// <summary>Rows of all tables, as cells.</summary>
    private static readonly string[][] s_rows = [.. s_text.Split('\n')
        .Where(line => line.StartsWith('|') && !line.StartsWith("|---", StringComparison.Ordinal))
        .Select(line => line.Split('|')[1..^1].Select(cell => cell.Trim()).ToArray())];

    [Fact]
    public void Every_option_is_there_with_its_type_and_default()
    {
        foreach (PropertyInfo property in typeof(SctpOptions).GetProperties())
        {
            object option = property.GetValue(null)!;
            Type type = property.PropertyType.GetGenericArguments()[0];
            string[] row = Row($"`SctpOptions.{property.Name}`");
            string name = (string)property.PropertyType.GetProperty(nameof(SctpOption<>.Name))!.GetValue(option)!;
            Assert.EndsWith($" {name}", row[0], StringComparison.Ordinal);
            Assert.Equal($"`{Shown(type)}`", row[2]);
            if (!row[3].StartsWith('*'))
            {
                object? standard = property.PropertyType.GetProperty(nameof(SctpOption<>.Default))!.GetValue(option);
                Assert.Equal(Shown(standard, type), row[3].Split(',')[0]);
            }
        }
    }

    [Fact]
    public void Every_property_of_the_options_is_there_with_its_type_its_default_and_whether_it_is_fixed()
    {
        foreach (PropertyInfo property in typeof(SctpAssociationOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            string[] row = Row($"`{property.Name}`");
            string[] cells = row[Array.IndexOf(row, $"`{property.Name}`")..];
            Assert.Equal($"`{Shown(property.PropertyType)}`", cells[1]);
            Assert.Equal(Shown(property.GetValue(SctpAssociationOptions.Default), property.PropertyType), cells[2].Split(',')[0]);
            Assert.Equal(SctpAssociationOptions.FixedProperties.Contains(property.Name), cells[4] == "fixed");
        }
    }

    [Fact]
    public void Every_socket_option_of_RFC_6458_has_a_row()
    {
        foreach (string section in File.ReadLines(Path.Combine(SourceTree.Root, "docs", "rfc", "6458.sections.tsv")).Where(line => line.StartsWith("8.", StringComparison.Ordinal)))
        {
            string[] fields = section.Split('\t');
            if (OptionPattern().Match(fields[1]) is { Success: true } option)
            {
                Assert.True(s_rows.Any(row => row[0] == $"{fields[0]} {option.Value}"), $"{fields[0]} {option.Value}");
            }
        }
    }

    [Fact]
    public void Every_member_that_the_page_names_exists()
    {
        foreach (Match match in MemberPattern().Matches(s_text))
        {
            Type? type = typeof(SctpAssociation).Assembly.GetType($"Braid.Sockets.{match.Groups[1].Value}");
            Assert.True(type is not null, match.Value);
            Assert.True(type.GetMember(match.Groups[2].Value).Length > 0, match.Value);
        }
    }

    [Fact]
    public void There_is_nothing_process_wide_to_set()
    {
        IEnumerable<PropertyInfo> settable = typeof(SctpAssociation).Assembly.GetExportedTypes()
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Static)).Where(property => property.CanWrite);
        Assert.Empty(settable);
    }

    private static string[] Row(string cell) =>
        Assert.Single(s_rows, row => Array.IndexOf(row, cell) is 0 or 1);

    private static string Shown(Type type) => Nullable.GetUnderlyingType(type) is { } underlying
        ? Shown(underlying) + "?"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{Shown(type.GetGenericArguments()[0])}>"
        : type == typeof(int) ? "int" : type == typeof(long) ? "long" : type == typeof(uint) ? "uint" : type == typeof(bool) ? "bool" : type.Name;

    private static string Shown(object? value, Type type) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        TimeSpan time when time == TimeSpan.Zero => "0",
        TimeSpan time when time < TimeSpan.FromSeconds(1) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds} ms"),
        TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds} s"),
        SctpSendInfo info when info == default => "all zero",
        Extensions flags => flags.ToString().Replace(", ", " + ", StringComparison.Ordinal),
        int or long when Convert.ToInt64(value, CultureInfo.InvariantCulture) is >= 1 << 20 and long bytes && bytes % (1 << 20) == 0 =>
            string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB"),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? type.Name,
    };

    // The last one in the title.
    [GeneratedRegex("(SCTP|SO)_[A-Z0-9_]+", RegexOptions.RightToLeft)]
    private static partial Regex OptionPattern();

    [GeneratedRegex(@"`(Sctp\w+)\.(\w+)`")]
    private static partial Regex MemberPattern();
}
