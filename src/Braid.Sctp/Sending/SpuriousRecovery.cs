namespace Braid.Sctp;

/// <summary>
/// Finds out that a recovery had no loss behind it: all that was sent again since has arrived twice, so the first copies had only been
/// late. Duplicate TSNs (RFC 9260 §3.3.4) say so, as DSACK does for TCP (RFC 3708). Owns how many of them are to come.
/// </summary>
internal struct SpuriousRecovery
{
    private int _sentAgain;
    private short _path;
    private bool _isOpen;

    /// <summary>The window of a path was made smaller for a loss.</summary>
    public void Begin(int path) => (_path, _sentAgain, _isOpen) = ((short)path, 0, true);

    /// <summary>A chunk was sent again.</summary>
    public void OnSentAgain() => _sentAgain++;

    /// <summary>The peer has received something twice.</summary>
    /// <param name="duplicates">How many chunks.</param>
    /// <returns>The path whose window was made smaller for nothing; null for none.</returns>
    public int? OnDuplicates(int duplicates)
    {
        if (!_isOpen || _sentAgain == 0)
        {
            return null;
        }

        _sentAgain -= duplicates;
        _isOpen = _sentAgain > 0;
        return _isOpen ? null : _path;
    }
}
