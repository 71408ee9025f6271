// A newer page on the server: said once, never loaded by itself.
import { loadConfig } from '../config';
import { app } from '../ui/app.svelte';
import { toasts } from '../ui/toasts.svelte';

const EVERY_MS = 15 * 60_000;
let watching = false;
let said = false;

function say(): void {
  if (said) return;
  said = true;
  toasts.show({ text: 'A new version is ready.', action: { label: 'Reload', run: () => location.reload() } });
}

/** From now on, every quarter of an hour and whenever the page is looked at again. */
export function watchVersion(): void {
  if (watching) return;
  watching = true;
  // A part of the page that is not there any more: the server has other parts now.
  addEventListener('vite:preloadError', (event) => {
    event.preventDefault();
    say();
  });
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
