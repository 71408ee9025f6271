// ThumbHash, base64: the average colour at once, the blurred picture when the browser is idle.
import { thumbHashToAverageRGBA, thumbHashToDataURL } from 'thumbhash';
import { Lru } from './lru';
import { whenIdle } from './scheduler';

const colours = new Lru<string, string>(4000);
const pictures = new Lru<string, string>(2000);

function decode(hash: string): Uint8Array | null {
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

const waiting: (() => void)[] = [];
let running = false;

function drain(): void {
  const until = performance.now() + 6;
  while (waiting.length && performance.now() < until) waiting.pop()?.();
  if (waiting.length) whenIdle(drain);
  else running = false;
}

/** Calls back with a data address, or never if the hash is no good. Returns what takes the wish back. */
export function picture(hash: string, then: (url: string) => void): () => void {
  const known = pictures.get(hash);
  if (known) {
    then(known);
    return () => {};
  }
  let wanted = true;
  waiting.push(() => {
    if (!wanted) return;
    try {
      const data = decode(hash);
      if (!data) return;
      const url = thumbHashToDataURL(data);
      pictures.set(hash, url);
      then(url);
    } catch {
      // A placeholder that cannot be drawn is no loss: the colour stays.
    }
  });
  if (!running) {
    running = true;
    whenIdle(drain);
  }
  return () => (wanted = false);
}
