// Selecting what is not loaded: the listing is walked, and only then is the selection complete.
import { listPhotos, type Range } from '../api/photos';
import { asProblem } from '../api/problem';
import { selectionWords } from '../lib/strings-selection';
import { app } from '../ui/app.svelte';
import { toasts } from '../ui/toasts.svelte';
import { compare, recordOf, type Rec } from './buckets';
import { Selection } from './selection';

/**
 * Walks a listing until `done`, keeps what is wanted, and puts it into the selection; Esc and the bar's cross end it.
 * What is backed up after it began was not meant, and what is clicked meanwhile stays as it was clicked.
 */
async function walk(range: Range, wanted: (rec: Rec) => boolean, done: (rec: Rec) => boolean, then: (found: string[]) => Selection): Promise<void> {
  const abort = app.resolve();
  const since = Date.now();
  const start = app.selection;
  const found: string[] = [];
  try {
    let cursor: string | undefined;
    do {
      const page = await listPhotos({ ...range, cursor }, abort.signal);
      cursor = page.next ?? undefined;
      for (const rec of page.photos.map(recordOf)) {
        if (done(rec)) cursor = undefined;
        else if (wanted(rec) && !(rec.stored && Date.parse(rec.stored) > since)) {
          found.push(rec.id);
          app.met.set(rec.id, { id: rec.id, name: rec.name, size: rec.size, doubted: rec.doubted });
        }
      }
      app.resolving = found.length;
    } while (cursor);
    app.selection = clicked(start, app.selection, then(found));
    app.resolved(abort);
  } catch (error) {
    if (abort.signal.aborted) return;
    app.clearSelection();
    toasts.show({ kind: 'alert', text: `${selectionWords.failed} ${asProblem(error).message}` });
  }
}

/** `found`, with what changed from one selection to another. */
function clicked(from: Selection, to: Selection, found: Selection): Selection {
  if (from === to) return found;
  const ids = new Set(found.ids);
  for (const id of to.ids) if (!from.has(id)) ids.add(id);
  for (const id of from.ids) if (!to.has(id)) ids.delete(id);
  return new Selection(ids, to.anchor);
}

/** From one photo to another, both included, whichever is the newer one. */
export function pickRange(before: Selection, from: Rec, to: Rec): Promise<void> {
  const [newer, older] = compare(from, to) < 0 ? [from, to] : [to, from];
  return walk(
    { from: older.taken, order: 'asc' },
    (rec) => compare(rec, older) <= 0,
    (rec) => compare(rec, newer) < 0,
    (found) => before.extend(found, to.id),
  );
}

/** All of a day, or none of it. */
export function pickDay(before: Selection, day: string, all: boolean): Promise<void> {
  return walk({ from: day, order: 'asc' }, () => true, (rec) => !rec.taken.startsWith(day), (found) => (all ? before.with(found) : before.without(new Set(found))));
}

export const pickAll = (before: Selection): Promise<void> => walk({}, () => true, () => false, (found) => before.with(found));
