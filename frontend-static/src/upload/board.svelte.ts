// What the page shows of the uploads. The engine that runs them is loaded with the first file.
import type { Item } from './machine';
import { stats, type Stats } from './stats';

class Board {
  /** Replaced at most once a frame: what the tray shows. */
  items = $state.raw<readonly Item[]>([]);
  stats = $state.raw<Stats>(stats([]));
  secondsLeft = $state<number | null>(null);
  /** Files found so far while folders are being walked. */
  looking = $state<number | null>(null);
  paused = $state(false);
  offline = $state(!navigator.onLine);

  /** Called when photos became safe, so that the timeline can look. */
  onsafe: () => void = () => undefined;

  constructor() {
    addEventListener('online', () => (this.offline = false));
    addEventListener('offline', () => (this.offline = true));
  }
}

export const board = new Board();

export const engine = async (): Promise<(typeof import('./uploader.svelte'))['uploader']> => (await import('./uploader.svelte')).uploader;
