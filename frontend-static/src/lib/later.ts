// What can wait until the first photos are painted: the viewer's code, and a look whether the server has a newer page.
import { loadConfig } from '../config';
import { viewer } from '../lightbox/viewer.svelte';
import { engine } from '../upload/board.svelte';
import { app } from '../ui/app.svelte';
import { toasts } from '../ui/toasts.svelte';
import { whenIdle } from './scheduler';

const SOON_MS = 3000;
const EVERY_MS = 15 * 60_000;
let watching = false;
let said = false;

function say(): void {
  if (said) return;
  said = true;
  toasts.show({ text: 'A new version is ready.', action: { label: 'Reload', run: () => location.reload() } });
}

/** At the first sign of a hand, or some seconds later. */
export function later(): void {
  // A part of the page did not come though there is a network: the server may have other parts now.
  addEventListener('vite:preloadError', () => {
    if (navigator.onLine) say();
  });
  const soon = () => {
    clearTimeout(timer);
    removeEventListener('pointermove', soon);
    whenIdle(() => {
      viewer.prefetch();
      // Needed when there is no network to fetch it with.
      void Promise.all([
        import('../ui/Banner.svelte'), import('../ui/UploadTray.svelte'), import('../ui/Toaster.svelte'), import('../ui/SelectionBar.svelte'), import('../timeline/trashing'),
        import('../screens/Trash.svelte'), import('../screens/Status.svelte'), import('../screens/NotFound.svelte'),
      ]).catch(() => undefined);
      void engine().then((uploader) => uploader.warm()).catch(() => undefined);
      watchVersion();
    });
  };
  const timer = setTimeout(soon, SOON_MS);
  addEventListener('pointermove', soon, { passive: true });
}

/** Said once, never loaded by itself. From now on, every quarter of an hour and whenever the page is looked at again. */
function watchVersion(): void {
  if (watching) return;
  watching = true;
  let last = Date.now();
  const look = async () => {
    if (document.hidden || Date.now() - last < 60_000) return;
    last = Date.now();
    const fresh = await loadConfig().catch(() => null);
    if (fresh && fresh.version !== app.config?.version) say();
  };
  document.addEventListener('visibilitychange', () => void look());
  setInterval(() => void look(), EVERY_MS);
}
