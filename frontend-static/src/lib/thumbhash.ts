// ThumbHash, base64: the average colour at once, the blurred picture (blur.ts) when the browser is idle.
import { thumbHashToAverageRGBA } from 'thumbhash';
import { Lru } from './lru';

const colours = new Lru<string, string>(4000);

export function decode(hash: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(hash), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

export function averageColour(hash: string | undefined): string | undefined {
  if (!hash) return undefined;
  let colour = colours.get(hash);
  if (colour === undefined) {
    const data = decode(hash);
    try {
      const { r, g, b } = thumbHashToAverageRGBA(data ?? new Uint8Array());
      const byte = (x: number) => Math.round(Math.min(1, Math.max(0, x)) * 255);
      colour = `rgb(${byte(r)} ${byte(g)} ${byte(b)})`;
    } catch {
      colour = '';
    }
    colours.set(hash, colour);
  }
  return colour || undefined;
}

/** Calls back with a data address, or never if the hash is no good. Returns what takes the wish back. */
export function picture(hash: string, then: (url: string) => void): () => void {
  let wanted = true;
  void import('./blur').then(({ blur }) => blur(hash, () => wanted, then), () => undefined);
  return () => (wanted = false);
}
