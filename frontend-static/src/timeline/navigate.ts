// Arrow keys on boxes.

export interface Spot {
  id: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

export const ARROWS: Record<string, Direction | undefined> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', Home: 'home', End: 'end' };

/** The one nearest to so many pixels further down, or up. */
export function page(spots: readonly Spot[], id: string, by: number): string | null {
  const here = spots.find((spot) => spot.id === id);
  let best = Infinity;
  let to: string | null = null;
  if (here)
    for (const spot of spots) {
      const distance = Math.abs(spot.y - here.y - by);
      if (distance < best) [best, to] = [distance, spot.id];
    }
  return to;
}

export type Direction = 'left' | 'right' | 'up' | 'down' | 'home' | 'end';

/** `spots` in reading order. Null: there is nothing that way. */
export function target(spots: readonly Spot[], id: string, direction: Direction): string | null {
  const at = spots.findIndex((spot) => spot.id === id);
  const here = spots[at];
  if (!here) return null;
  if (direction === 'left') return spots[at - 1]?.id ?? null;
  if (direction === 'right') return spots[at + 1]?.id ?? null;
  const row = spots.filter((spot) => spot.y === here.y);
  if (direction === 'home') return row[0]?.id ?? null;
  if (direction === 'end') return row[row.length - 1]?.id ?? null;
  const beyond = spots.filter((spot) => (direction === 'up' ? spot.y < here.y : spot.y > here.y));
  if (beyond.length === 0) return null;
  const y = direction === 'up' ? Math.max(...beyond.map((s) => s.y)) : Math.min(...beyond.map((s) => s.y));
  const centre = here.x + here.w / 2;
  let best: Spot | null = null;
  for (const spot of beyond) {
    if (spot.y !== y) continue;
    const distance = Math.abs(spot.x + spot.w / 2 - centre);
    if (!best || distance < Math.abs(best.x + best.w / 2 - centre)) best = spot;
  }
  return best?.id ?? null;
}
