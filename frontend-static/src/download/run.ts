// An original, saved under its own name: the address is signed by the API, the browser does the rest.
import { getOriginal } from '../api/photos';
import { sleep } from '../lib/scheduler';
import { words } from '../lib/strings';
import { toasts } from '../ui/toasts.svelte';
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
}

export async function download(photos: readonly Wanted[]): Promise<void> {
  if (photos.length === 0) return;
  if (downloadPlan(photos.length) === 'too_many') return toasts.show({ kind: 'alert', text: words.toast.tooMany });
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
export function saveText(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  save(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
