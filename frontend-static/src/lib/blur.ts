// The blurred picture that a ThumbHash holds, drawn when the browser is idle.
import { thumbHashToDataURL } from 'thumbhash';
import { Lru } from './lru';
import { whenIdle } from './scheduler';
import { decode } from './thumbhash';

const SLICE_MS = 6;
const pictures = new Lru<string, string>(2000);
const waiting: (() => void)[] = [];
let running = false;

function drain(): void {
  const until = performance.now() + SLICE_MS;
  while (waiting.length && performance.now() < until) waiting.pop()?.();
  if (waiting.length) whenIdle(drain);
  else running = false;
}

export function blur(hash: string, wanted: () => boolean, then: (url: string) => void): void {
  const known = pictures.get(hash);
  if (known) {
    if (wanted()) then(known);
    return;
  }
  waiting.push(() => {
    if (!wanted()) return;
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
}
