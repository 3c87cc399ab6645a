namespace Braid.Sctp.Wire;

/// <summary>A view of one chunk type. Reading checks everything once; afterwards no getter can fail.</summary>
/// <typeparam name="TSelf">The view.</typeparam>
public interface IChunk<TSelf>
    where TSelf : struct, IChunk<TSelf>, allows ref struct
{
    /// <summary>The type that it views.</summary>
    static abstract ChunkType Type { get; }

    /// <summary>Views a chunk of that type; false when its content is not what the RFC says.</summary>
    static abstract bool TryRead(in ChunkView chunk, out TSelf value);
}
