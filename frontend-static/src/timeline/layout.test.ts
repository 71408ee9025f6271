import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateRows, frameFor, layoutMonth, START_MEANS, type MonthLayout } from './layout';

const widths = fc.constantFrom([320, 320], [390, 390], [768, 736], [1440, 1352], [2560, 2472]);
const month = fc.array(fc.tuple(fc.nat(29), fc.double({ min: 0.4, max: 3, noNaN: true })), { minLength: 1, maxLength: 120 }).map((list) => {
  const sorted = [...list].sort((a, b) => b[0] - a[0]);
  return { days: sorted.map(([day]) => `2024-05-${String(day + 1).padStart(2, '0')}`), ratios: sorted.map(([, ratio]) => ratio) };
});
const boxesOf = (layout: MonthLayout) => layout.lines.flatMap((line) => line.boxes);

describe('a month', () => {
  it('shows every photo once, in order, inside its lines, without overlap, inside the width', () => {
    fc.assert(
      fc.property(month, widths, ({ days, ratios }, [viewport = 0, width = 0]) => {
        const frame = frameFor(viewport, width);
        const layout = layoutMonth(days, ratios, frame);
        const boxes = boxesOf(layout);
        expect(boxes.map((box) => box.index)).toEqual(ratios.map((_, i) => i));
        let below = frame.monthHeader;
        for (const line of layout.lines) {
          expect(line.y).toBeGreaterThanOrEqual(below);
          below = line.y + line.height;
          let right = -1;
          for (const box of line.boxes) {
            expect(box.x).toBeGreaterThan(right);
            right = box.x + box.w - 1;
            expect(box.w).toBeGreaterThan(0);
            expect(box.x + box.w).toBeLessThanOrEqual(width);
            expect(box.y + box.h).toBe(line.y + line.height);
          }
        }
        expect(layout.height).toBeGreaterThanOrEqual(below);
        expect(layout.lines.flatMap((line) => line.headings.map((h) => h.day))).toEqual([...new Set(days)]);
      }),
      { numRuns: 1000 },
    );
  });

  it('stretches a line that several short days share to the right edge', () => {
    const frame = frameFor(1440, 1352);
    const layout = layoutMonth(['2026-11-15', '2026-11-15', '2026-11-14', '2026-11-14', '2026-11-14'], [1.33, 1.33, 1.33, 1.33, 1.33], frame);
    expect(layout.lines).toHaveLength(1);
    const [line] = layout.lines;
    const last = line?.boxes.at(-1);
    expect((last?.x ?? 0) + (last?.w ?? 0)).toBe(1352);
    expect(line?.headings.map((h) => h.day)).toEqual(['2026-11-15', '2026-11-14']);
    // Between two days 28, between two photos 4.
    const [a, b, c] = line?.boxes ?? [];
    expect([(b?.x ?? 0) - (a?.x ?? 0) - (a?.w ?? 0), (c?.x ?? 0) - (b?.x ?? 0) - (b?.w ?? 0)]).toEqual([4, 28]);
  });

  it('stretches a line to the right edge although one of its days is narrower than its heading', () => {
    const [line] = layoutMonth(['2026-11-22', '2026-11-21', '2026-11-19', '2026-11-18'], [2.2, 1.5, 0.67, 1.33], frameFor(1440, 1352)).lines;
    const last = line?.boxes.at(-1);
    expect((last?.x ?? 0) + (last?.w ?? 0)).toBe(1352);
    const [, , narrow] = line?.headings ?? [];
    expect(narrow?.width).toBeGreaterThanOrEqual(150);
  });

  it('does not share lines on a phone', () => {
    expect(layoutMonth(['2026-11-15', '2026-11-14'], [1.5, 1.5], frameFor(390, 390)).lines).toHaveLength(2);
  });

  it('is guessed before it is known, within a factor of two', () => {
    const frame = frameFor(1440, 1352);
    const days = Array.from({ length: 200 }, (_, i) => `2024-05-${String(28 - Math.floor(i / 8)).padStart(2, '0')}`);
    const real = layoutMonth(days, days.map((_, i) => [1.5, 1.33, 0.75][i % 3] ?? 1), frame).height;
    const guess = frame.monthHeader + frame.afterMonth + estimateRows(200, START_MEANS, frame);
    expect(guess / real).toBeGreaterThan(0.5);
    expect(guess / real).toBeLessThan(2);
  });
});
