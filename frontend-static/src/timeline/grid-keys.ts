// What keys do in the timeline: moving across rows, days and months, selecting, and the commands.
import { tick } from 'svelte';
import { gridCommand, isUnheld } from '../lib/keys';
import { surely } from '../lib/parts.svelte';
import { app } from '../ui/app.svelte';
import { toasts } from '../ui/toasts.svelte';
import { library } from './library.svelte';
import { ARROWS, page, target } from './navigate';
import type { Viewport } from './viewport.svelte';

/** The timeline, as keys see it. */
export interface Keyed {
  viewport: Viewport;
  /** The photo that has the focus, or would have it. */
  active(): string | null;
  focus(id: string): Promise<void>;
  /** The same, without a move if one does not see that photo. */
  stay(id: string): Promise<void>;
  /** Loaded ids in the order of the timeline. */
  order(): string[];
  /** Selects from the anchor to this one. */
  extend(id: string): void;
  /** The selection; with none, this photo. */
  download(id: string | null): void;
  jump(): void;
}

export class GridKeys {
  constructor(private readonly grid: Keyed) {}

  /** True if the key was one of ours: what the browser would do with it is not wanted then. */
  handle(event: KeyboardEvent): boolean {
    return this.move(event) || this.command(event);
  }

  /** The photo that has the focus, if one sees it: a command is for nothing else. */
  private held(): string | null {
    const id = (document.activeElement as HTMLElement | null)?.dataset['id'];
    const { viewport } = this.grid;
    const y = id && viewport.yOf(id);
    return id && typeof y === 'number' && y > viewport.v - viewport.view && y < viewport.v + viewport.view ? id : null;
  }

  /** The selection, or the photo that has the focus; the next one has it then. */
  trash(): void {
    if (app.resolving !== null) return;
    const held = this.held();
    const ids = app.selection.count > 0 ? [...app.selection.ids] : held ? [held] : [];
    if (ids.length === 0) return;
    const all = this.grid.order();
    const gone = new Set(ids);
    const at = all.findIndex((id) => gone.has(id));
    const next = all.slice(at).find((id) => !gone.has(id)) ?? all.slice(0, Math.max(0, at)).findLast((id) => !gone.has(id));
    app.clearSelection();
    void library.trash(ids);
    if (next) void tick().then(() => this.grid.stay(next));
  }

  private command(event: KeyboardEvent): boolean {
    const { grid } = this;
    const active = grid.active();
    const what = gridCommand(event);
    if (what === 'trash') this.trash();
    else if (what === 'download') grid.download(this.held());
    else if (what === 'jump') grid.jump();
    else if (what === 'clear') app.clearSelection();
    else if (what === 'all') void surely(() => import('./pick')).then(({ pickAll }) => pickAll(app.selection));
    else if (what === 'select' && active && isInGrid(event)) app.selection = app.selection.toggle(active);
    else if (what === 'undo') toasts.undo();
    else return false;
    return true;
  }

  /** The photo that moving begins with when none has the focus: the one that had it last, or the first that shows. */
  private inView(): string | null {
    const { grid } = this;
    const { viewport } = grid;
    const active = grid.active();
    const y = active && viewport.yOf(active);
    return typeof y === 'number' && y >= viewport.v && y < viewport.v + viewport.view ? active : (viewport.anchor()?.id ?? active);
  }

  private move(event: KeyboardEvent): boolean {
    const unheld = isUnheld(event);
    if (!(unheld || isInGrid(event)) || event.altKey) return false;
    const { grid } = this;
    const { viewport } = grid;
    // One that was left far behind by the wheel keeps the focus, but moving begins where one looks.
    const from = unheld || !this.held() ? this.inView() : grid.active();
    const { model } = library;
    if ((unheld || event.ctrlKey || event.metaKey) && (event.key === 'Home' || event.key === 'End')) {
      if (event.key === 'Home') {
        viewport.jumpTo(0);
        const first = model.parts[0]?.photos[0];
        if (first) void grid.focus(first.id);
      } else {
        // To the end at once; and to the very last photo as soon as it is there.
        viewport.jumpToTime('0000-00', (id) => {
          viewport.jumpTo(viewport.total);
          void grid.focus(id);
        });
      }
      return true;
    }
    if (event.ctrlKey || event.metaKey || !from) return false;
    const direction = ARROWS[event.key];
    const spots = viewport.spots(from);
    let to: string | null = null;
    if (direction) to = target(spots, from, direction);
    else if (event.key === 'PageDown' || event.key === 'PageUp' || (unheld && event.key === ' ')) {
      const up = event.key === 'PageUp' || (event.key === ' ' && event.shiftKey);
      const step = (viewport.view - viewport.frame.target - viewport.frame.monthHeader) * (up ? -1 : 1);
      to = page(spots, from, step);
    } else return false;
    if (!to) return true;
    if (event.shiftKey && event.key !== ' ') {
      if (app.selection.count === 0) app.selection = app.selection.toggle(from);
      grid.extend(to);
    }
    void grid.focus(to);
    return true;
  }
}

const isInGrid = (event: Event): boolean => (event.target as Element).closest?.('[data-id]') !== null;
