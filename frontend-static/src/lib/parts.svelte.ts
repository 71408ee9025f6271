// Parts of the page that are fetched when they are needed: one that did not come is said, and asked for again by the
// person, or by itself with the network.

class Parts {
  /** How what did not come is asked for again. */
  missing = $state.raw<readonly (() => void)[]>([]);

  readonly again = (): void => {
    const all = this.missing;
    this.missing = [];
    for (const ask of all) ask();
  };
}

export const parts = new Parts();
addEventListener('online', parts.again);

/** Waits for a part for as long as it takes. */
export async function surely<T>(load: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await load();
    } catch {
      await new Promise<void>((ask) => (parts.missing = [...parts.missing, ask]));
    }
}
