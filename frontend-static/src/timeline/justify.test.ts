import fc from 'fast-check';
import { expect, it } from 'vitest';
import { justify } from './justify';

const ratios = fc.array(fc.double({ min: 0.4, max: 3, noNaN: true }), { minLength: 1, maxLength: 80 });
const frame = fc.constantFrom([320, 112, 2], [390, 116, 2], [768, 160, 3], [1352, 196, 4], [2472, 220, 4]);

it('every photo once, in order; full rows end at the right edge; heights stay near the target', () => {
  fc.assert(
    fc.property(ratios, frame, (list, [width = 0, target = 0, gap = 0]) => {
      const rows = justify(list, width, target, gap);
      expect(rows.flatMap((row) => Array.from({ length: row.to - row.from }, (_, i) => row.from + i))).toEqual(list.map((_, i) => i));
      for (const row of rows) {
        const used = row.widths.reduce((a, b) => a + b, 0) + (row.widths.length - 1) * gap;
        if (row.full) expect(used).toBe(width);
        else expect(used).toBeLessThanOrEqual(width);
        expect(row.height).toBeLessThanOrEqual(Math.ceil(1.4 * target));
        if (row.widths.length > 1) expect(row.height).toBeGreaterThanOrEqual(0.5 * target);
        for (const w of row.widths) expect(w).toBeGreaterThan(0);
      }
      for (const row of rows.slice(0, -1)) expect(row.full).toBe(true);
      expect(justify(list, width, target, gap)).toEqual(rows);
    }),
    { numRuns: 1000 },
  );
});

it('boxes keep the shape of their photos to a pixel or two', () => {
  const list = [1.5, 1.5, 0.67, 1.5, 1.78, 1.33, 1.5];
  for (const row of justify(list, 1352, 196, 4))
    row.widths.forEach((w, i) => expect(Math.abs(w - row.height * (list[row.from + i] ?? 0))).toBeLessThan(2));
});
