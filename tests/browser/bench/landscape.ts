// Pictures for screenshots, of our own making: skies, suns, hills, water. JPEG with EXIF, as a camera writes it.
import jpeg from 'jpeg-js';
import { sha256, type TestPhoto } from '../jpeg.ts';

type Rgb = readonly [number, number, number];

const PALETTES: readonly { sky: readonly [Rgb, Rgb]; sun: Rgb; land: readonly [Rgb, Rgb] }[] = [
  { sky: [[38, 66, 112], [236, 178, 128]], sun: [255, 226, 176], land: [[96, 84, 104], [24, 26, 40]] },
  { sky: [[112, 166, 214], [224, 234, 238]], sun: [255, 252, 236], land: [[112, 146, 122], [36, 66, 48]] },
  { sky: [[18, 24, 52], [92, 70, 118]], sun: [236, 232, 246], land: [[56, 52, 88], [12, 14, 30]] },
  { sky: [[214, 120, 84], [250, 218, 156]], sun: [255, 240, 200], land: [[148, 84, 70], [56, 30, 36]] },
  { sky: [[146, 158, 168], [216, 218, 214]], sun: [244, 242, 232], land: [[118, 124, 118], [52, 58, 56]] },
  { sky: [[58, 140, 160], [204, 230, 214]], sun: [255, 250, 220], land: [[86, 136, 110], [22, 60, 62]] },
  { sky: [[84, 60, 96], [240, 156, 148]], sun: [255, 220, 190], land: [[126, 80, 104], [44, 26, 52]] },
];

const SHAPES = [[1200, 800], [1200, 800], [900, 1200], [1200, 900], [1500, 760], [1000, 1000]] as const;

function noise(seed: number): (x: number) => number {
  const at = (i: number) => {
    const s = Math.sin(i * 127.1 + seed * 311.7) * 43758.5453;
    return s - Math.floor(s);
  };
  const smooth = (x: number) => {
    const i = Math.floor(x), f = x - i, u = f * f * (3 - 2 * f);
    return at(i) * (1 - u) + at(i + 1) * u;
  };
  return (x) => smooth(x) * 0.6 + smooth(x * 2.3 + 9) * 0.27 + smooth(x * 6.1 + 31) * 0.13;
}

function paint(seed: number): { data: Buffer; width: number; height: number } {
  const [width, height] = SHAPES[(seed * 5) % SHAPES.length] ?? SHAPES[0];
  const palette = PALETTES[(seed * 3) % PALETTES.length] ?? PALETTES[0];
  if (!palette) throw new Error('no palette');
  const { sky, sun, land } = palette;
  const ridges = Array.from({ length: 4 }, (_, i) => ({ curve: noise(seed * 17 + i * 5), base: 0.5 + i * 0.13, tall: 0.26 - i * 0.035, wide: 2.2 + i * 1.3 }));
  const water = seed % 3 === 0;
  const sunX = width * (0.2 + 0.6 * noise(seed)(3.3)), sunY = height * (0.2 + 0.2 * noise(seed + 4)(1.2)), r = height * 0.045;
  const data = Buffer.alloc(width * height * 4);
  const tops = ridges.map(({ curve, base, tall, wide }) => Float32Array.from({ length: width }, (_, x) => height * (base - tall * curve((x / height) * wide))));
  const cloud = noise(seed + 77);
  for (let y = 0; y < height; y++) {
    const up = y / height;
    const veil = 0.5 + 0.5 * cloud(y / 23);
    for (let x = 0; x < width; x++) {
      let ridge = -1;
      for (let i = 0; i < tops.length; i++) if (y > (tops[i]?.[x] ?? 0)) ridge = i;
      const shore = height * 0.86;
      const mirrored = water && y > shore;
      const d = Math.hypot(x - sunX, y - sunY);
      const glow = Math.min(1, Math.exp(-d / (height * 0.24)) * 0.85 + (d < r ? 1 : 0));
      const grain = ((x * 7919 + y * 104729 + seed * 31) % 13) - 6;
      for (let c = 0 as 0 | 1 | 2; c < 3; c = (c + 1) as 0 | 1 | 2) {
        const t = Math.min(1, up * 1.5);
        let value = sky[0][c] * (1 - t) + sky[1][c] * t + (veil - 0.75) * 22;
        value += (sun[c] - value) * glow;
        if (ridge >= 0) {
          const depth = ridge / (tops.length - 1);
          const ground = land[0][c] * (1 - depth) + land[1][c] * depth;
          const haze = (1 - depth) * 0.45;
          value = ground * (1 - haze) + sky[1][c] * haze - (y - (tops[ridge]?.[x] ?? 0)) * 0.03;
        }
        if (mirrored) value = value * 0.45 + (sky[1][c] * 0.5 + sun[c] * glow * 0.2) * (0.75 + 0.25 * cloud(y / 3 + x / 190));
        data[(y * width + x) * 4 + c] = Math.max(0, Math.min(255, value + grain * 0.6));
      }
      data[(y * width + x) * 4 + 3] = 255;
    }
  }
  return { data, width, height };
}

/** TIFF, big-endian: what a camera says of a picture. */
function exif(taken: string, shot: { make: string; model: string; exposure: readonly [number, number]; aperture: number; iso: number; focal: number }): Buffer {
  type Entry = { tag: number; type: number; count: number; value: Buffer };
  const ascii = (tag: number, text: string): Entry => ({ tag, type: 2, count: text.length + 1, value: Buffer.from(`${text}\0`) });
  const rational = (tag: number, a: number, b: number): Entry => {
    const value = Buffer.alloc(8);
    value.writeUInt32BE(a, 0);
    value.writeUInt32BE(b, 4);
    return { tag, type: 5, count: 1, value };
  };
  const short = (tag: number, n: number): Entry => ({ tag, type: 3, count: 1, value: Buffer.from([n >> 8, n & 255]) });
  const long = (tag: number, n: number): Entry => {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(n);
    return { tag, type: 4, count: 1, value };
  };
  const directory = (entries: readonly Entry[], at: number): Buffer => {
    const head = Buffer.alloc(2 + entries.length * 12 + 4);
    head.writeUInt16BE(entries.length);
    const tail: Buffer[] = [];
    let free = at + head.length;
    entries.forEach(({ tag, type, count, value }, i) => {
      const o = 2 + i * 12;
      head.writeUInt16BE(tag, o);
      head.writeUInt16BE(type, o + 2);
      head.writeUInt32BE(count, o + 4);
      if (value.length <= 4) value.copy(head, o + 8);
      else {
        head.writeUInt32BE(free, o + 8);
        tail.push(value);
        free += value.length;
      }
    });
    return Buffer.concat([head, ...tail]);
  };
  const first = [ascii(0x010f, shot.make), ascii(0x0110, shot.model)];
  const size = directory([...first, long(0x8769, 0)], 8).length;
  const main = directory([...first, long(0x8769, 8 + size)], 8);
  const details = directory([rational(0x829a, ...shot.exposure), rational(0x829d, Math.round(shot.aperture * 10), 10), short(0x8827, shot.iso), ascii(0x9003, taken), rational(0x920a, Math.round(shot.focal * 10), 10)], 8 + size);
  const header = Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8]);
  const body = Buffer.concat([Buffer.from('Exif\0\0'), header, main, details]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length + 2);
  return Buffer.concat([Buffer.from([0xff, 0xe1]), length, body]);
}

const CAMERAS = [
  { make: 'Google', model: 'Pixel 8', exposure: [1, 120] as const, aperture: 1.7, iso: 64, focal: 6.9 },
  { make: 'FUJIFILM', model: 'X-T4', exposure: [1, 500] as const, aperture: 5.6, iso: 160, focal: 23 },
];

export function landscapes(count: number, from: number, dayOf: (i: number) => string): TestPhoto[] {
  return Array.from({ length: count }, (_, i) => {
    const { data, width, height } = paint(from + i);
    const plain = Buffer.from(jpeg.encode({ data, width, height }, 88).data);
    const day = dayOf(i), time = `${String(18 - (i % 9)).padStart(2, '0')}:${String((i * 17) % 60).padStart(2, '0')}:07`;
    const camera = CAMERAS[i % 5 === 4 ? 1 : 0] ?? CAMERAS[0];
    if (!camera) throw new Error('no camera');
    const bytes = Buffer.concat([plain.subarray(0, 2), exif(`${day.replaceAll('-', ':')} ${time}`, camera), plain.subarray(2)]);
    const name = `${camera.make === 'Google' ? 'PXL_' : 'DSCF'}${camera.make === 'Google' ? `${day.replaceAll('-', '')}_${time.replaceAll(':', '')}` : String(4100 + i)}.jpg`;
    return { name, bytes, sha256: sha256(bytes), modified: new Date(`${day}T${time}Z`) };
  });
}
