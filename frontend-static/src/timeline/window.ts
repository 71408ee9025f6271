// Virtual and physical scroll. Browsers clamp or drop elements that are too tall, so the scrolled element is never
// higher than CAP; `base` is what lies between: virtual offset v = scrollTop + base.

export const CAP = 8_000_000;

export interface Extent {
  /** Sum of all heights. */
  virtual: number;
  /** Height of the view. */
  view: number;
  cap: number;
}

export const spacer = ({ virtual, cap }: Extent): number => Math.min(virtual, cap);
export const maxOffset = ({ virtual, view }: Extent): number => Math.max(0, virtual - view);

/** Where scrollTop and base should be when nothing moves, for a virtual offset. With virtual <= cap: base 0. */
export function normalise(v: number, extent: Extent): { scrollTop: number; base: number } {
  const target = Math.min(Math.max(0, v), maxOffset(extent));
  if (extent.virtual <= extent.cap) return { scrollTop: target, base: 0 };
  const range = extent.cap - extent.view;
  const scrollTop = Math.round((target / maxOffset(extent)) * range);
  return { scrollTop, base: target - scrollTop };
}

/** Whether the scroll range is about to run out on a side where there is more: then it cannot wait for rest. */
export function runsOut(scrollTop: number, base: number, extent: Extent): boolean {
  const v = scrollTop + base;
  const physical = spacer(extent);
  return v < 0 || (scrollTop < extent.view && v > scrollTop + 0.5) || (scrollTop > physical - 2 * extent.view && v < maxOffset(extent) - (physical - extent.view - scrollTop) - 0.5);
}

/** Offsets of the parts: offsets[i] is where part i starts; one more at the end is the sum. */
export function prefixSums(heights: readonly number[]): number[] {
  const offsets = [0];
  let sum = 0;
  for (const height of heights) offsets.push((sum += height));
  return offsets;
}

/** The part that holds offset v, by bisection. */
export function partAt(offsets: readonly number[], v: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= v) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What to mount around a view at v: three quarters of a view on either side, more in the direction of travel. */
export function windowAround(v: number, view: number, direction: -1 | 0 | 1): { from: number; to: number } {
  const margin = 0.75 * view;
  return { from: v - margin - (direction < 0 ? margin : 0), to: v + view + margin + (direction > 0 ? margin : 0) };
}
