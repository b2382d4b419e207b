namespace AsyncLlm;

/// <summary>A <see cref="SemaphoreSlim"/> whose slot cannot be forgotten: <c>using (await gate.EnterAsync(token)) ..</c></summary>
public static class SemaphoreSlimExtensions
{
    /// <summary>Waits for a slot of the semaphore and gives back what releases it.</summary>
    /// <param name="semaphore">The semaphore. Semaphores with one slot are async locks.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What to dispose when the slot is no longer needed. When a slot is free this completes at once, without an allocation.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="semaphore"/> is <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled before a slot was free; no slot is taken. The exception carries that token.</exception>
    /// <exception cref="ObjectDisposedException">The semaphore has been disposed.</exception>
    /// <remarks>A semaphore is not reentrant: who holds its last slot and enters again waits for itself.</remarks>
    public static ValueTask<Releaser> EnterAsync(this SemaphoreSlim semaphore, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(semaphore);
        var entered = semaphore.WaitAsync(cancellationToken);
        return entered.IsCompletedSuccessfully ? new(new Releaser(semaphore)) : new(AwaitAsync(entered, semaphore));

        static async Task<Releaser> AwaitAsync(Task entered, SemaphoreSlim semaphore)
        {
            await entered.ConfigureAwait(false);
            return new Releaser(semaphore);
        }
    }

    /// <summary>A slot of a semaphore; disposing it releases the slot.</summary>
    /// <remarks>Disposing it again does nothing. A copy does not know of that and would release a second slot: keep it in one <c>using</c>.</remarks>
    public struct Releaser : IDisposable
    {
        private SemaphoreSlim? _semaphore;

        internal Releaser(SemaphoreSlim semaphore) => _semaphore = semaphore;

        /// <summary>Releases the slot.</summary>
        public void Dispose()
        {
            var semaphore = _semaphore;
            _semaphore = null;
            semaphore?.Release();
        }
    }
}
