// What the viewer needs of the page around it.
import { getPhoto } from '../api/photos';
import { ApiProblem } from '../api/problem';
import type { Photo } from '../api/types';
import { download } from '../download/download';
import { router } from '../lib/router.svelte';
import { words } from '../lib/strings';
import { toastWords } from '../lib/strings-toasts';
import { recordOf, type Rec } from '../timeline/buckets';
import { library } from '../timeline/library.svelte';
import { trash } from '../timeline/trash.svelte';
import { app } from '../ui/app.svelte';
import { live, toasts } from '../ui/toasts.svelte';
import type { Host } from './lightbox.svelte';
import { viewer, type Grid, type Where } from './viewer.svelte';

export { Lightbox } from './lightbox.svelte';

export const knownRecord = (screen: Where, id: string): Rec | undefined =>
  screen === 'trash' ? trash.photos.find((rec) => rec.id === id) : library.model.get(id);

/** A photo that no listing brought yet; null when there is nothing to show. */
export async function fetchRecord(screen: Where, id: string): Promise<Rec | null> {
  try {
    const photo = await getPhoto(id);
    const own: Where = photo.state === 'trashed' ? 'trash' : 'timeline';
    if (own !== screen) {
      router.replace({ screen: own, photo: id });
      return null;
    }
    return fromDetail(photo);
  } catch (error) {
    if (error instanceof ApiProblem && (error.status === 404 || error.status === 400)) viewer.missing = true;
    else if (error instanceof ApiProblem) toasts.show({ kind: 'alert', text: error.message });
    return null;
  }
}

/** Browsers allow some hundred writes to the address bar in ten seconds; a held arrow key shows more photos than that. */
const WRITE_EVERY = 200;
let written: ReturnType<typeof setTimeout> | undefined;
let last = 0;

/** Puts the photo that is shown into the address bar, if it is not there yet and the viewer is still open. */
function write(): void {
  if (written === undefined) return;
  clearTimeout(written);
  written = undefined;
  last = Date.now();
  if ('photo' in router.route && router.route.photo === viewer.box?.id) router.replace(router.route);
}

export function hostFor(screen: Where, grid: () => Grid | undefined): Host {
  return {
    trashed: screen === 'trash',
    strand: (id) => (screen === 'trash' ? (trash.photos.some((rec) => rec.id === id) ? trash.photos : []) : library.model.strand(id)),
    bounds: (id) => {
      grid()?.reveal?.(id);
      return grid()?.boxOf(id);
    },
    more: (side, at) => {
      if (screen === 'trash') return void trash.more();
      library.more(side, at);
    },
    onchange: (id) => {
      router.route = { screen, photo: id };
      written ??= setTimeout(write, Math.max(0, last + WRITE_EVERY - Date.now()));
      viewer.title();
    },
    onclose: (id) => {
      write();
      viewer.leave(id);
      if (router.state.from === 'grid') router.back();
      else router.replace({ screen }, {});
    },
    remove: (rec) => {
      if (screen === 'trash') void trash.restore([rec.id], () => router.replace({ screen: 'timeline', photo: rec.id }));
      else void library.trash([rec.id]);
    },
    download: (rec) => void download([rec]),
    help: () => (app.help = true),
    select: (rec) => {
      app.selection = app.selection.toggle(rec.id);
      live.say(words.selection.count(app.selection.count));
    },
    failed: (error) => toasts.show({ kind: 'alert', text: error instanceof ApiProblem ? error.message : toastWords.toast.downloadFailed }),
    undo: () => void toasts.undo(),
  };
}

function fromDetail(photo: Photo): Rec {
  const { camera, receipt } = photo;
  const make = camera?.make ?? '', model = camera?.model ?? '';
  const line = model.toLowerCase().startsWith(make.split(' ')[0]?.toLowerCase() ?? '') ? model : `${make} ${model}`.trim();
  return recordOf({ ...photo, camera: line || null, size: receipt.size, stored_at: receipt.stored_at ?? null });
}
