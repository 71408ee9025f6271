// Real JPEGs of our own making: a sky, a horizon, a sun somewhere, every one different.
import { createHash } from 'node:crypto';
import jpeg from 'jpeg-js';

export interface TestPhoto {
  name: string;
  bytes: Buffer;
  sha256: string;
  modified: Date;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Small, fast, repeatable. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function drawing(seed: number, width: number, height: number): Buffer {
  const next = random(seed);
  const hue = () => [next() * 200 + 30, next() * 200 + 30, next() * 200 + 30];
  const [sky, ground, sun] = [hue(), hue(), hue()];
  const horizon = height * (0.4 + 0.3 * next());
  const [x0, y0, r] = [width * next(), horizon * next(), Math.min(width, height) * (0.08 + 0.12 * next())];
  const data = Buffer.alloc(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const inSun = (x - x0) ** 2 + (y - y0) ** 2 < r * r;
      const from = inSun ? sun : y < horizon ? sky : ground;
      const shade = y < horizon ? 1 - (0.35 * y) / horizon : 0.6 + (0.4 * (y - horizon)) / (height - horizon);
      const at = (y * width + x) * 4;
      for (let c = 0; c < 3; c++) data[at + c] = Math.min(255, (from?.[c] ?? 0) * shade);
      data[at + 3] = 255;
    }
  return Buffer.from(jpeg.encode({ data, width, height }, 85).data);
}

const SHAPES = [[960, 640], [640, 960], [800, 600], [1024, 576], [720, 720], [1200, 500]] as const;

/** `days`: over how many days back from `newest` they are spread. */
export function makePhotos(count: number, options: { seed?: number; small?: boolean; newest?: Date; days?: number } = {}): TestPhoto[] {
  const { seed = 1, small = false, newest = new Date('2026-11-21T15:00:00Z'), days = 30 } = options;
  return Array.from({ length: count }, (_, i) => {
    const [w, h] = SHAPES[(seed + i) % SHAPES.length] ?? [960, 640];
    const bytes = drawing(seed * 10_000 + i, small ? Math.round(w / 20) : w, small ? Math.round(h / 20) : h);
    const modified = new Date(newest.getTime() - Math.floor((i * days) / count) * 86_400_000 - i * 60_000);
    return { name: `photo-${seed}-${String(i).padStart(4, '0')}.jpg`, bytes, sha256: sha256(bytes), modified };
  });
}
