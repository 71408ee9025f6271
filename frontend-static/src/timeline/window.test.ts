import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAP, maxOffset, normalise, partAt, prefixSums, runsOut, spacer } from './window';

const extent = fc.record({ virtual: fc.integer({ min: 1, max: 60_000_000 }), view: fc.integer({ min: 200, max: 1600 }), cap: fc.constant(CAP) });

describe('the scrolled element', () => {
  it('reaches every offset, within the cap', () => {
    fc.assert(
      fc.property(extent, fc.double({ min: 0, max: 1, noNaN: true }), (e, at) => {
        const v = at * maxOffset(e);
        const { scrollTop, base } = normalise(v, e);
        expect(scrollTop + base).toBeCloseTo(v, 3);
        expect(scrollTop).toBeGreaterThanOrEqual(0);
        expect(scrollTop).toBeLessThanOrEqual(Math.max(0, spacer(e) - Math.min(e.view, spacer(e))) + 0.5);
        if (e.virtual <= e.cap) expect(base).toBe(0);
      }),
    );
  });

  it('is the whole range when it fits', () => {
    expect(normalise(500, { virtual: 10_000, view: 800, cap: CAP })).toEqual({ scrollTop: 500, base: 0 });
    expect(normalise(99_999, { virtual: 10_000, view: 800, cap: CAP })).toEqual({ scrollTop: 9200, base: 0 });
  });

  it('is brought back before it runs out', () => {
    const e = { virtual: 20_000_000, view: 1000, cap: CAP };
    expect(runsOut(500, 5_000_000, e)).toBe(true);
    expect(runsOut(CAP - 1500, 5_000_000, e)).toBe(true);
    expect(runsOut(4_000_000, 5_000_000, e)).toBe(false);
    expect(runsOut(0, 0, e)).toBe(false);
    expect(runsOut(100, -300, { ...e, virtual: 5000 })).toBe(true);
  });
});

it('the part at an offset is the one that starts there', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 400 }), (heights) => {
      const offsets = prefixSums(heights);
      heights.forEach((height, i) => {
        expect(partAt(offsets, offsets[i] ?? 0)).toBe(i);
        expect(partAt(offsets, (offsets[i] ?? 0) + height - 1)).toBe(i);
      });
    }),
  );
});
