// More originals than a browser saves one by one: into a folder, or into a zip. Each is compared with its checksum.
import { getOriginal } from '../api/photos';
import { surely } from '../lib/parts.svelte';
import { downloadWords as words } from '../lib/strings-download';
import { app } from '../ui/app.svelte';
import { toasts, type Toast } from '../ui/toasts.svelte';
import { HashPool } from '../upload/hash-pool';
import { Names } from './plan';
import { download, saveBlob, whatToDo, type Wanted } from './run';

const AT_ONCE = 3;

/** What became of them: saved, not there, here with other bytes than were stored, or not to be had just now. */
interface Ends {
  done: number;
  missing: Wanted[];
  wrong: Wanted[];
  failed: Wanted[];
}

const bad = ({ missing, wrong, failed }: Ends): number => missing.length + wrong.length + failed.length;

/** Fetches each, checks it, and hands it on; a bad one is named and does not stop the others. */
async function each(photos: readonly Wanted[], signal: AbortSignal, take: (name: string, bytes: Blob) => Promise<void>): Promise<Ends> {
  const pool = new HashPool();
  const names = new Names();
  const ends: Ends = { done: 0, missing: [], wrong: [], failed: [] };
  const queue = photos.map((photo) => ({ photo, name: names.give(photo.name) }));
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) {
      const { photo, name } = next;
      try {
        const response = await fetch((await getOriginal(photo.id)).url, { signal });
        if (!response.ok && response.status !== 404) throw new Error(`the vault answered ${response.status}`);
        const bytes = await response.blob();
        if (response.status === 404) ends.missing.push(photo);
        else if ((await pool.hash(photo.id, bytes, () => undefined)) !== photo.id) ends.wrong.push(photo);
        else {
          await take(name, bytes);
          ends.done++;
        }
      } catch {
        if (!signal.aborted) ends.failed.push(photo);
      }
      app.downloading = { done: ends.done + bad(ends), total: photos.length };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  pool.end();
  return ends;
}

const names = (photos: readonly Wanted[]): string[] => photos.map(({ name }) => name);

/** What could not be fetched is fetched again, and wrong ones, which may be right on a second look; for what is lost there is a page. */
function next({ missing, wrong, failed }: Ends): Toast['action'] {
  const again = [...wrong, ...failed];
  if (again.length === 0 && missing.length > 0) return whatToDo;
  return { label: words.retry, run: () => void download(again) };
}

async function withProgress(photos: readonly Wanted[], run: (signal: AbortSignal) => Promise<Ends>): Promise<void> {
  const abort = new AbortController();
  app.downloading = { done: 0, total: photos.length };
  app.stopDownload = () => abort.abort();
  try {
    const ends = await run(abort.signal);
    if (abort.signal.aborted) toasts.show({ text: words.stopped(ends.done) });
    else if (bad(ends) > 0) toasts.show({ kind: 'alert', text: words.ended(ends.done, names(ends.missing), names(ends.wrong), names(ends.failed)), action: next(ends) });
    else toasts.show({ text: words.done(ends.done) });
  } finally {
    app.downloading = null;
    app.stopDownload = null;
  }
}

export type PickFolder = (options: { mode: 'readwrite'; id: string }) => Promise<FileSystemDirectoryHandle>;

export async function intoFolder(photos: readonly Wanted[], pick: PickFolder): Promise<void> {
  let folder: FileSystemDirectoryHandle;
  try {
    folder = await pick({ mode: 'readwrite', id: 'tintype' });
  } catch {
    return; // The person changed their mind.
  }
  const there = new Set<string>();
  for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) there.add(name.toLowerCase());
  await withProgress(photos, (signal) =>
    each(photos, signal, async (wanted, bytes) => {
      // Nothing that is there already is written over.
      let name = wanted;
      for (let n = 2; there.has(name.toLowerCase()); n++) name = wanted.replace(/(\.[^.]*)?$/, ` (${n})$1`);
      there.add(name.toLowerCase());
      const file = await folder.getFileHandle(name, { create: true });
      const stream = await file.createWritable();
      await stream.write(bytes);
      await stream.close();
    }),
  );
}

export async function intoZip(photos: readonly Wanted[]): Promise<void> {
  const { downloadZip } = await surely(() => import('client-zip'));
  await withProgress(photos, async (signal) => {
    const files: { name: string; input: Blob }[] = [];
    const ends = await each(photos, signal, async (name, input) => void files.push({ name, input }));
    if (!signal.aborted && files.length > 0) saveBlob(await downloadZip(files).blob(), 'tintype.zip');
    return ends;
  });
}
