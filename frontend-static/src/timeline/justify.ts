// Justified rows: photos of one row share a height, and full rows end at the right edge to the pixel.

export interface Row {
  /** Index of the first photo, and one past the last. */
  from: number;
  to: number;
  height: number;
  widths: number[];
  full: boolean;
}

export const MIN_RATIO = 0.4;
export const MAX_RATIO = 3;
const MAX_STRETCH = 1.4;
/** A last row that needs no more than this is stretched too: fewer holes. */
const LAST_STRETCH = 1.3;

export const clampRatio = (ratio: number): number => Math.min(MAX_RATIO, Math.max(MIN_RATIO, ratio));

/** Whole pixels whose sum is exactly `total`: each edge is rounded, not each width. */
export function spread(ratios: readonly number[], height: number, total: number | null): number[] {
  const widths: number[] = [];
  const sum = ratios.reduce((a, b) => a + b, 0);
  const scale = total === null ? height : total / sum;
  let exact = 0;
  let edge = 0;
  for (const ratio of ratios) {
    exact += ratio * scale;
    const next = Math.round(exact);
    widths.push(next - edge);
    edge = next;
  }
  return widths;
}

export function justify(ratios: readonly number[], width: number, target: number, gap: number): Row[] {
  const rows: Row[] = [];
  let from = 0;
  let sum = 0;
  const close = (to: number, fitted: number, full: boolean) => {
    const part = ratios.slice(from, to);
    const height = full ? fitted : target;
    rows.push({ from, to, height: Math.round(height), widths: spread(part, height, full ? width - (to - from - 1) * gap : null), full });
    from = to;
  };
  for (let i = 0; i < ratios.length; i++) {
    const before = i > from ? (width - (i - from - 1) * gap) / sum : Infinity;
    sum += ratios[i] ?? 1;
    const after = (width - (i - from) * gap) / sum;
    if (after > target) continue;
    if (i > from && before - target < target - after && before <= MAX_STRETCH * target) {
      close(i, before, true);
      sum = ratios[i] ?? 1;
      // A panorama may fill the row that it begins.
      if (width / sum <= target) {
        close(i + 1, width / sum, true);
        sum = 0;
      }
    } else {
      close(i + 1, after, true);
      sum = 0;
    }
  }
  if (from < ratios.length) {
    const fitted = (width - (ratios.length - from - 1) * gap) / sum;
    close(ratios.length, fitted, fitted <= LAST_STRETCH * target);
  }
  return rows;
}
