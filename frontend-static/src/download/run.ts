// An original, saved under its own name: the address is signed by the API, the browser does the rest.
import { getOriginal } from '../api/photos';
import { sleep } from '../lib/scheduler';
import { words } from '../lib/strings';
import { downloadWords } from '../lib/strings-download';
import { app } from '../ui/app.svelte';
import { toasts } from '../ui/toasts.svelte';
import type { PickFolder } from './many';
import { downloadPlan } from './plan';

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
}

export async function download(photos: readonly Wanted[]): Promise<void> {
  if (photos.length === 0) return;
  const pick = (window as { showDirectoryPicker?: PickFolder }).showDirectoryPicker?.bind(window);
  const plan = downloadPlan(photos.length, photos.reduce((n, { size }) => n + size, 0), pick !== undefined);
  if (plan === 'too_much') return toasts.show({ kind: 'alert', text: downloadWords.tooMuch });
  if (plan === 'folder' || plan === 'zip') {
    if (app.downloading) return;
    // The browser asks for the folder only while it knows of a person's click.
    const { intoFolder, intoZip } = await import('./many');
    return plan === 'folder' && pick ? intoFolder(photos, pick) : intoZip(photos);
  }
  for (const [i, photo] of photos.entries()) {
    if (i > 0) await sleep(400);
    try {
      save((await getOriginal(photo.id)).url, photo.name);
    } catch {
      toasts.show({ kind: 'alert', text: words.toast.downloadFailed, action: { label: words.toast.retry, run: () => void download(photos.slice(i)) } });
      return;
    }
  }
}

/** Text made here, saved as a file. */
export const saveText = (text: string, name: string, type: string): void => saveBlob(new Blob([text], { type }), name);

export function saveBlob(bytes: Blob, name: string): void {
  const url = URL.createObjectURL(bytes);
  save(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
