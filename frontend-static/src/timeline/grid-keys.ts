// Moving with the keyboard: across rows, days and months, and by a view.
import { target, type Direction } from './navigate';
import { library } from './library.svelte';
import type { Viewport } from './viewport.svelte';

const ARROWS: Record<string, Direction> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', Home: 'home', End: 'end' };

export class GridKeys {
  constructor(
    private readonly viewport: Viewport,
    private readonly focus: (id: string) => void,
    private readonly active: () => string | null,
  ) {}

  /** True if the key was one of ours. `extend` is called for Shift with arrows, after `begin` made an anchor. */
  handle(event: KeyboardEvent, extend: (id: string) => void, begin: () => void): boolean {
    const inGrid = (event.target as Element).closest?.('[data-id]') !== null;
    if (!inGrid || event.altKey) return false;
    const from = this.active();
    const { model } = library;
    if ((event.ctrlKey || event.metaKey) && (event.key === 'Home' || event.key === 'End')) {
      event.preventDefault();
      if (event.key === 'Home') {
        this.viewport.jumpTo(0);
        const first = model.months[0]?.photos[0];
        if (first) this.focus(first.id);
      } else {
        const oldest = model.months[model.months.length - 1];
        this.viewport.jumpTo(this.viewport.total);
        // The very last one, once its month is there.
        if (oldest) this.viewport.jumpToTime(`${oldest.month}-00`, () => undefined);
        const last = oldest?.complete ? oldest.photos[oldest.photos.length - 1] : undefined;
        this.viewport.jumpTo(this.viewport.total);
        if (last) this.focus(last.id);
      }
      return true;
    }
    if (event.ctrlKey || event.metaKey || !from) return false;
    const direction = ARROWS[event.key];
    const spots = this.viewport.spots();
    let to: string | null = null;
    if (direction) to = target(spots, from, direction);
    else if (event.key === 'PageDown' || event.key === 'PageUp') {
      const here = spots.find((spot) => spot.id === from);
      const step = (this.viewport.view - this.viewport.frame.target - this.viewport.frame.monthHeader) * (event.key === 'PageDown' ? 1 : -1);
      const y = (here?.y ?? 0) + step;
      for (const spot of spots) if (here && (!to || Math.abs(spot.y - y) < Math.abs((spots.find((s) => s.id === to)?.y ?? 0) - y))) to = spot.id;
    } else return false;
    event.preventDefault();
    if (!to) return true;
    if (event.shiftKey) {
      begin();
      extend(to);
    }
    this.focus(to);
    return true;
  }
}
