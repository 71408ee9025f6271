// Keeps the viewer and the address in step: the address says what is open, the viewer follows.
import { getPhoto } from '../api/photos';
import { ApiProblem } from '../api/problem';
import type { Photo } from '../api/types';
import { download } from '../download/run';
import type { ViewerCommand } from '../lib/keys';
import { clock, plainDay } from '../lib/dates';
import { router } from '../lib/router.svelte';
import { words } from '../lib/strings';
import { recordOf, type Rec } from '../timeline/buckets';
import { library } from '../timeline/library.svelte';
import { trash } from '../timeline/trash.svelte';
import { app } from '../ui/app.svelte';
import { toasts } from '../ui/toasts.svelte';
import type { Host, Lightbox } from './lightbox.svelte';

export interface Grid {
  show(id: string): Promise<void>;
  boxOf(id: string): DOMRect | undefined;
  reveal?(id: string): void;
  goTo?(taken: string): void;
}

class Viewer {
  open = $state(false);
  /** A link to a photo that is not there, or not ours. */
  missing = $state(false);
  box: Lightbox | null = null;
  /** A key that was pressed while the viewer was on its way. */
  private waiting: ViewerCommand | null = null;
  private turn = 0;

  /** Called whenever the route or the library changed. */
  async follow(screen: 'timeline' | 'trash', id: string | undefined, grid: () => Grid | undefined): Promise<void> {
    if (!id) {
      this.missing = false;
      if (this.box) this.shut(grid);
      return;
    }
    if (this.box) {
      if (this.box.id !== id) this.box.goTo(id);
      return;
    }
    const turn = ++this.turn;
    const known = screen === 'trash' ? trash.photos.find((rec) => rec.id === id) : library.model.get(id);
    const rec = known ?? (await this.fetch(id, screen));
    const { Lightbox } = await import('./lightbox.svelte');
    if (turn !== this.turn || !rec || this.box) return;
    this.box = new Lightbox(this.host(screen, grid), rec);
    this.open = true;
    this.box.open(known !== undefined);
    this.title();
    if (this.waiting) this.box.command(this.waiting);
    this.waiting = null;
    if (!known) grid()?.goTo?.(rec.taken);
  }

  private async fetch(id: string, screen: string): Promise<Rec | null> {
    try {
      const photo = await getPhoto(id);
      if (photo.state === 'trashed' && screen === 'timeline') {
        router.replace({ screen: 'trash', photo: id });
        return null;
      }
      return fromDetail(photo);
    } catch (error) {
      if (error instanceof ApiProblem && (error.status === 404 || error.status === 400)) this.missing = true;
      else if (error instanceof ApiProblem) toasts.show({ kind: 'alert', text: error.message });
      return null;
    }
  }

  private title(): void {
    const rec = this.box?.current;
    if (rec) document.title = words.titles.of(`${plainDay(rec.taken)}, ${clock(rec.taken)}`);
  }

  private shut(grid: () => Grid | undefined): void {
    const box = this.box;
    if (!box) return;
    this.box = null;
    this.open = false;
    box.closeQuietly();
    document.title = router.route.screen === 'trash' ? words.titles.trash : words.titles.photos;
    // The tile may have been moved or unmounted since: found again, then focused.
    void grid()?.show(box.id);
  }

  command(what: ViewerCommand): void {
    if (this.box) this.box.command(what);
    else this.waiting = what;
  }

  /** So that the first photo opens without waiting for code. */
  prefetch(): void {
    void import('./lightbox.svelte').catch(() => undefined);
  }

  sync(show?: string): void {
    this.box?.sync(show);
  }

  private host(screen: 'timeline' | 'trash', grid: () => Grid | undefined): Host {
    return {
      trashed: screen === 'trash',
      strand: (id) => (screen === 'trash' ? (trash.photos.some((rec) => rec.id === id) ? trash.photos : []) : library.model.strand(id)),
      bounds: (id) => {
        grid()?.reveal?.(id);
        return grid()?.boxOf(id);
      },
      more: (side, at) => {
        if (screen === 'trash') return void trash.more();
        const month = library.model.months.findIndex((bucket) => bucket.photos.includes(at));
        if (month >= 0) library.want(side === 'older' ? month : Math.max(0, month - 1), side === 'older' ? month + 1 : month);
      },
      onchange: (id) => {
        router.replace({ screen, photo: id });
        this.title();
      },
      onclose: () => {
        if (router.state.from === 'grid') router.back();
        else router.replace({ screen }, {});
      },
      remove: (rec) => {
        if (screen === 'trash') void trash.restore([rec.id], () => router.replace({ screen: 'timeline', photo: rec.id }));
        else void library.trash([rec.id]);
      },
      download: (rec) => void download([rec]),
      help: () => (app.help = true),
      undo: () => void toasts.act(),
    };
  }
}

function fromDetail(photo: Photo): Rec {
  const { camera, receipt } = photo;
  const make = camera?.make ?? '', model = camera?.model ?? '';
  const line = model.toLowerCase().startsWith(make.split(' ')[0]?.toLowerCase() ?? '') ? model : `${make} ${model}`.trim();
  return recordOf({ ...photo, camera: line || null, size: receipt.size, stored_at: receipt.stored_at ?? null });
}

export const viewer = new Viewer();
