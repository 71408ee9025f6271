// The screen stays on while files are sent: with it off, a phone's browser would stop sending.
let asking = false;
let refused = false;
let lock: WakeLockSentinel | null = null;

// The browser takes it back with the page out of sight, and may give it again.
document.addEventListener('visibilitychange', () => (refused = false));

/** Where it cannot be had, or is refused (a low battery), nothing is said: the queue goes on with the next visit. */
export async function stayAwake(want: boolean): Promise<void> {
  if (!want || lock?.released) {
    void lock?.release().catch(() => undefined);
    lock = null;
  }
  if (!want || lock || asking || refused || document.hidden || !('wakeLock' in navigator)) return;
  asking = true;
  lock = await navigator.wakeLock.request('screen').catch(() => null);
  refused = lock === null;
  asking = false;
}
