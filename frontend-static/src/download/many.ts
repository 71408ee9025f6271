// More originals than a browser saves one by one: into a folder, or into a zip. Each is compared with its checksum.
import { getOriginal } from '../api/photos';
import { downloadWords as words } from '../lib/strings-download';
import { app } from '../ui/app.svelte';
import { toasts } from '../ui/toasts.svelte';
import { HashPool } from '../upload/hash-pool';
import { Names } from './plan';
import { saveBlob, type Wanted } from './run';

const AT_ONCE = 3;

interface Ends {
  done: number;
  failed: Wanted[];
}

/** Fetches each, checks it, and hands it on; a bad one is named and does not stop the others. */
async function each(photos: readonly Wanted[], signal: AbortSignal, take: (name: string, bytes: Blob) => Promise<void>): Promise<Ends> {
  const pool = new HashPool();
  const names = new Names();
  const ends: Ends = { done: 0, failed: [] };
  const queue = photos.map((photo) => ({ photo, name: names.give(photo.name) }));
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) {
      const { photo, name } = next;
      try {
        const response = await fetch((await getOriginal(photo.id)).url, { signal });
        if (!response.ok) throw new Error(`the vault answered ${response.status}`);
        const bytes = await response.blob();
        if ((await pool.hash(photo.id, bytes, () => undefined)) !== photo.id) throw new Error('other bytes than were stored');
        await take(name, bytes);
        ends.done++;
      } catch {
        if (!signal.aborted) ends.failed.push(photo);
      }
      app.downloading = { done: ends.done + ends.failed.length, total: photos.length };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  pool.end();
  return ends;
}

async function withProgress(photos: readonly Wanted[], run: (signal: AbortSignal) => Promise<Ends>): Promise<void> {
  const abort = new AbortController();
  app.downloading = { done: 0, total: photos.length };
  app.stopDownload = () => abort.abort();
  try {
    const { done, failed } = await run(abort.signal);
    if (abort.signal.aborted) toasts.show({ text: words.stopped(done) });
    else if (failed.length > 0) toasts.show({ kind: 'alert', text: words.failed(done, failed.map(({ name }) => name)), action: { label: words.retry, run: () => void import('./run').then(({ download }) => download(failed)) } });
    else toasts.show({ text: words.done(done) });
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
  const { downloadZip } = await import('client-zip');
  await withProgress(photos, async (signal) => {
    const files: { name: string; input: Blob }[] = [];
    const ends = await each(photos, signal, async (name, input) => void files.push({ name, input }));
    if (!signal.aborted && files.length > 0) saveBlob(await downloadZip(files).blob(), 'tintype.zip');
    return ends;
  });
}
