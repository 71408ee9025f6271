// An original, saved under its own name. It is asked for before the browser is: what is missing, or came back with other
// bytes than were stored, is said in the page.
import { getOriginal } from '../api/photos';
import { surely } from '../lib/parts.svelte';
import { sleep } from '../lib/scheduler';
import { downloadWords as words } from '../lib/strings-download';
import { toastWords } from '../lib/strings-toasts';
import { app } from '../ui/app.svelte';
import { toasts, type Toast } from '../ui/toasts.svelte';
import { HashPool } from '../upload/hash-pool';
import type { PickFolder } from './many';
import { downloadPlan, MOST_CHECKED } from './plan';

function save(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.rel = 'noopener';
  document.body.append(link);
  link.click();
  link.remove();
}

export interface Wanted {
  id: string;
  name: string;
  /** Bytes. */
  size: number;
  /** The last check found its original lost or wrong. */
  doubted: boolean;
}

/** What became of a download: on its way, not there, or here with other bytes than were stored. */
type End = 'saved' | 'missing' | Blob;

async function one({ id, name, size, doubted }: Wanted): Promise<End> {
  const { url } = await getOriginal(id);
  const abort = new AbortController();
  const response = await fetch(url, { signal: abort.signal });
  if (response.status === 404) return 'missing';
  if (!response.ok) throw new Error(`the vault answered ${response.status}`);
  if (size > MOST_CHECKED && !doubted) {
    // The browser shows how far it is; this was only to know that it is there.
    abort.abort();
    save(url, name);
    return 'saved';
  }
  const slow = setTimeout(() => toasts.show({ text: words.fetching(name) }), 1500);
  const pool = new HashPool();
  try {
    const bytes = await response.blob();
    if ((await pool.hash(id, bytes, () => undefined)) !== id) return bytes;
    saveBlob(bytes, name);
    return 'saved';
  } finally {
    clearTimeout(slow);
    pool.end();
  }
}

export const whatToDo = { label: words.whatToDo, run: () => void open('/RESTORE.txt', '_blank', 'noopener') };

/** Said once, of all: a toast makes room for the next. */
function say(missing: readonly string[], wrong: readonly { name: string; bytes: Blob }[]): void {
  if (missing.length + wrong.length === 0) return;
  const text = [missing.length > 0 ? words.missing(missing) : '', wrong.length > 0 ? words.wrong(wrong.map(({ name }) => name)) : ''].filter(Boolean).join(' ');
  const anyway: Toast['action'] = { label: words.saveAnyway, run: () => wrong.forEach(({ name, bytes }) => saveBlob(bytes, name)) };
  toasts.show({ kind: 'alert', text, action: wrong.length > 0 ? anyway : whatToDo });
}

export async function download(photos: readonly Wanted[]): Promise<void> {
  if (photos.length === 0) return;
  const pick = (window as { showDirectoryPicker?: PickFolder }).showDirectoryPicker?.bind(window);
  const plan = downloadPlan(photos.length, photos.reduce((n, { size }) => n + size, 0), pick !== undefined);
  if (plan === 'too_much') return toasts.show({ kind: 'alert', text: words.tooMuch });
  if (plan === 'folder' || plan === 'zip') {
    if (app.downloading) return;
    // The browser asks for the folder only while it knows of a person's click.
    const { intoFolder, intoZip } = await surely(() => import('./many'));
    return plan === 'folder' && pick ? intoFolder(photos, pick) : intoZip(photos);
  }
  const missing: string[] = [], wrong: { name: string; bytes: Blob }[] = [];
  for (const [i, photo] of photos.entries()) {
    if (i > 0) await sleep(400);
    try {
      const end = await one(photo);
      if (end === 'missing') missing.push(photo.name);
      else if (end !== 'saved') wrong.push({ name: photo.name, bytes: end });
    } catch {
      say(missing, wrong);
      toasts.show({ kind: 'alert', text: toastWords.toast.downloadFailed, action: { label: toastWords.toast.retry, run: () => void download(photos.slice(i)) } });
      return;
    }
  }
  say(missing, wrong);
}

/** Text made here, saved as a file. */
export const saveText = (text: string, name: string, type: string): void => saveBlob(new Blob([text], { type }), name);

export function saveBlob(bytes: Blob, name: string): void {
  const url = URL.createObjectURL(bytes);
  save(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
