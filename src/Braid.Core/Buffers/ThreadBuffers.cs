using System;
using System.Collections.Concurrent;

namespace Braid.Core;

/// <summary>
/// Free buffers that one thread has at hand, of the pool that it used last: of each size a magazine that it takes from, and one of
/// those that it has returned. With the other threads it exchanges whole magazines.
/// </summary>
internal sealed class ThreadBuffers
{
    // To count them. A thread that has ended is forgotten by the time that two others have begun.
    private static readonly ConcurrentQueue<WeakReference<ThreadBuffers>> s_all = new();

    [ThreadStatic]
    private static ThreadBuffers? t_mine;

    private readonly (BufferMagazine? Free, BufferMagazine? Returned)[] _magazines = new (BufferMagazine?, BufferMagazine?)[BufferPool.ClassCount];
    private BufferPool _pool;

    private ThreadBuffers(BufferPool pool)
    {
        _pool = pool;
        for (int i = 0; i < 2 && s_all.TryDequeue(out WeakReference<ThreadBuffers>? other); i++)
        {
            if (other.TryGetTarget(out _))
            {
                s_all.Enqueue(other);
            }
        }

        s_all.Enqueue(new WeakReference<ThreadBuffers>(this, trackResurrection: true));      // until its buffers are not counted any more
    }

    /// <summary>The thread has ended: its buffers are garbage, too.</summary>
    ~ThreadBuffers()
    {
        int count = Count;
        Array.Clear(_magazines);
        _pool.OnDropped(count);
    }

    /// <summary>Those of the calling thread, for a pool; what it has of another one goes back there.</summary>
    public static ThreadBuffers Of(BufferPool pool)
    {
        ThreadBuffers mine = t_mine ??= new ThreadBuffers(pool);
        if (mine._pool != pool)
        {
            mine.PutBackAll();
            mine._pool = pool;
        }

        return mine;
    }

    /// <summary>Buffers of a pool that all threads have at hand; exact while none of them uses it.</summary>
    public static int CountOf(BufferPool pool)
    {
        int count = 0;
        foreach (WeakReference<ThreadBuffers> reference in s_all)
        {
            if (reference.TryGetTarget(out ThreadBuffers? buffers) && buffers._pool == pool)
            {
                count += buffers.Count;
            }
        }

        return count;
    }

    /// <summary>Takes a buffer, from the pool's if there is none at hand; null when there is none at all.</summary>
    public PooledBuffer? Take(int sizeClass)
    {
        ref (BufferMagazine? Free, BufferMagazine? Returned) magazines = ref _magazines[sizeClass];
        if (magazines.Free?.Take() is { } buffer)
        {
            return buffer;
        }

        // Its own only where there are no others: in the order in which they were returned.
        if (_pool.TakeFilled(sizeClass) is { } filled)
        {
            PutBack(magazines.Free, sizeClass);
            magazines.Free = filled;
        }
        else
        {
            (magazines.Free, magazines.Returned) = (magazines.Returned, magazines.Free);
        }

        return magazines.Free?.Take();
    }

    /// <summary>Keeps a buffer, and passes on what is too much.</summary>
    public void Put(PooledBuffer buffer)
    {
        ref (BufferMagazine? Free, BufferMagazine? Returned) magazines = ref _magazines[buffer.SizeClass];
        if (magazines.Returned is null)
        {
            magazines = magazines.Free is { Count: 0 } empty ? (null, empty) : (magazines.Free, _pool.TakeEmpty(buffer.SizeClass));
        }

        magazines.Returned!.Add(buffer);
        if (magazines.Returned.IsFull)
        {
            _pool.PutBack(magazines.Returned, buffer.SizeClass);
            magazines.Returned = null;
        }
    }

    private int Count
    {
        get
        {
            int count = 0;
            foreach ((BufferMagazine? free, BufferMagazine? returned) in _magazines)
            {
                count += (free?.Count ?? 0) + (returned?.Count ?? 0);
            }

            return count;
        }
    }

    private void PutBackAll()
    {
        for (int sizeClass = 0; sizeClass < _magazines.Length; sizeClass++)
        {
            PutBack(_magazines[sizeClass].Free, sizeClass);
            PutBack(_magazines[sizeClass].Returned, sizeClass);
            _magazines[sizeClass] = default;
        }
    }

    private void PutBack(BufferMagazine? magazine, int sizeClass)
    {
        if (magazine is not null)
        {
            _pool.PutBack(magazine, sizeClass);
        }
    }
}
