// Keeps the viewer and the address in step: the address says what is open, the viewer follows. The viewer itself, and
// what it needs of the page (host.ts), is loaded when the browser is idle or with the first photo.
import type { ViewerCommand } from '../lib/keys';
import { clock, plainDay } from '../lib/dates';
import { surely } from '../lib/parts.svelte';
import { router } from '../lib/router.svelte';
import { words } from '../lib/strings';
import type { Lightbox } from './lightbox.svelte';

export interface Grid {
  show(id: string): Promise<void>;
  boxOf(id: string): DOMRect | undefined;
  reveal?(id: string): void;
  goTo?(taken: string): void;
}

export type Where = 'timeline' | 'trash';

class Viewer {
  open = $state(false);
  /** A link to a photo that is not there, or not ours. */
  missing = $state(false);
  box: Lightbox | null = null;
  /** A key that was pressed while the viewer was on its way. */
  private waiting: ViewerCommand | null = null;
  /** The photo that the viewer was closed on, or that could not be shown: the address names it for a moment longer. */
  private left: string | null = null;
  private turn = 0;

  /** Called whenever the route or the library changed. */
  async follow(screen: Where, id: string | undefined, grid: () => Grid | undefined): Promise<void> {
    this.left = null;
    if (!id) {
      this.turn++;
      this.missing = false;
      this.waiting = null;
      if (this.box) this.shut(grid);
      return;
    }
    if (this.box && !this.box.closing) {
      if (this.box.id !== id) this.box.goTo(id);
      return;
    }
    // One on its way out is none.
    this.box = null;
    this.open = false;
    const turn = ++this.turn;
    const { Lightbox, fetchRecord, hostFor, knownRecord } = await surely(() => import('./host'));
    const known = knownRecord(screen, id);
    const rec = known ?? (await fetchRecord(screen, id));
    if (turn !== this.turn || this.box) return;
    if (!rec) return this.leave(id);
    this.box = new Lightbox(hostFor(screen, grid), rec);
    this.open = true;
    this.box.open(known !== undefined);
    this.title();
    if (this.waiting) this.box.command(this.waiting);
    this.waiting = null;
    if (!known) grid()?.goTo?.(rec.taken);
  }

  /** Keys are the viewer's while the address names a photo that it shows or is about to show. */
  hasKeys(id: string | undefined): boolean {
    return id !== undefined && id !== this.left && !this.missing;
  }

  leave(id: string): void {
    this.left = id;
    this.waiting = null;
  }

  title(): void {
    const rec = this.box?.current;
    if (rec) document.title = words.titles.of(`${plainDay(rec.taken)}, ${clock(rec.taken)}`);
  }

  private shut(grid: () => Grid | undefined): void {
    const box = this.box;
    if (!box) return;
    this.box = null;
    this.open = false;
    box.closeQuietly();
    const { screen } = router.route;
    if (screen === 'timeline' || screen === 'trash') document.title = screen === 'trash' ? words.titles.trash : words.titles.photos;
    // The tile may have been moved or unmounted since: found again, then focused.
    void grid()?.show(box.id);
  }

  command(what: ViewerCommand): void {
    if (this.box) this.box.command(what);
    else this.waiting = what;
  }

  /** So that the first photo opens without waiting for code. */
  prefetch(): void {
    void import('./host').catch(() => undefined);
  }

  sync(show?: string): void {
    this.box?.sync(show);
  }
}

export const viewer = new Viewer();
