import { describe, expect, it } from 'vitest';
import * as figures from './figures';
import * as format from './format';

const f = { ...format, ...figures };

describe('format', () => {
  it('bytes in decimal units', () => {
    expect([0, 999, 1000, 88_400, 4_100_000, 98_200_000_000, 999_999, 512_000_000].map((n) => f.bytes(n))).toEqual([
      '0 B', '999 B', '1 KB', '88 KB', '4.1 MB', '98.2 GB', '1.0 MB', '512 MB',
    ]);
  });
  it('numbers stand as they do in the language of the browser', () => expect(f.bytes(4_100_000, 'de')).toBe('4,1 MB'));
  it('percent is 100 only when all is there', () => {
    expect([f.percent(0, 0), f.percent(999_999, 1_000_000), f.percent(5, 5)]).toEqual([0, 99, 100]);
  });
  it('eta rounds, and is empty when unknown', () => {
    expect([null, 3, 44, 70, 725, 5400, Infinity].map(f.eta)).toEqual(['', '10 s', '50 s', '1 min', '12 min', '1.5 h', '']);
  });
  it('elide keeps the last twelve characters and never cuts a letter in half', () => {
    expect(f.elide('2026-11-21 Walk along the frozen lake IMG_2047.JPG')).toBe('2026-11-21 Walk along t…IMG_2047.JPG');
    expect(Array.from(f.elide('😀'.repeat(300), 20))).toHaveLength(20);
    expect(f.elide('short.jpg')).toBe('short.jpg');
  });
  it('camera facts', () => {
    expect([f.exposure(1 / 250), f.exposure(2.5), f.exposure(0.5)]).toEqual(['1/250 s', '2.5 s', '0.5 s']);
    expect(f.coordinates(52.82139, -6.41291)).toBe('52.8214° N, 6.4129° W');
    expect(f.megapixels(8192, 5464)).toBe('44.8 MP');
  });
  it('type labels', () => {
    expect([f.typeLabel('IMG.cr3', ''), f.typeLabel('clip', 'video/mp4'), f.typeLabel('x', '')]).toEqual(['CR3', 'MP4', 'FILE']);
  });
});
