import { expect, it } from 'vitest';
import { labels, marks, monthAt, ticks } from './scrubber';

const months = ['2026-11', '2026-10', '2025-12', '2024-05', '2024-04', '1999-06'];
const list = marks(months, [0, 400, 600, 615, 900, 990], 1000);

it('labels years where they start, drops what is too near, keeps the last', () => {
  expect(labels(list, 800).map((l) => l.year)).toEqual(['2026', '2025', '1999']);
  expect(labels(list, 200).map((l) => l.year)).toEqual(['2026', '2025', '1999']);
});

it('puts dots where there is room', () => {
  const some = labels(list, 800);
  for (const y of ticks(list, 800, some)) for (const label of some) expect(Math.abs(label.y - y)).toBeGreaterThanOrEqual(12);
});

it('finds the month at a height', () => {
  expect([0, 0.39, 0.4, 0.95, 1].map((f) => months[monthAt(list, f)])).toEqual(['2026-11', '2026-11', '2026-10', '2024-04', '1999-06']);
});
