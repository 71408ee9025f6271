// What the page shows of the uploads. The engine that runs them is loaded with the first file.
import { session } from '../auth/session.svelte';
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
  /** The browser keeps no journal: a reload would forget the queue. */
  forgetful = $state(false);
  /** Files that the browser would read again if the person allows it. */
  canContinue = $state(false);
  /** Another tab runs the queue; this one shows it. */
  elsewhere = $state(false);

  /** Called when something of an earlier visit, or of another tab, goes on. */
  onresume: () => void = () => undefined;

  /** Called when photos became safe, so that the timeline can look. */
  onsafe: () => void = () => undefined;

  constructor() {
    addEventListener('online', () => (this.offline = false));
    addEventListener('offline', () => (this.offline = true));
  }
}

export const board = new Board();

/** The queue of whoever is signed in. */
export const engine = async (): Promise<(typeof import('./uploader.svelte'))['uploader']> => {
  const { uploader } = await import('./uploader.svelte');
  uploader.start(session.user);
  return uploader;
};
