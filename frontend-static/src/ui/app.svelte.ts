// What the frame shares: configuration, selection, which panels are open, and the ways in for files.
import { isLoopback, type Config } from '../config-guard';
import { Selection } from '../timeline/selection';
import type { Taken } from '../upload/take';
import type { Found } from '../upload/walk';
import { board, engine } from '../upload/board.svelte';
import { live } from './toasts.svelte';
import { surely } from '../lib/parts.svelte';
import { words } from '../lib/strings';

/** What a selected photo is to a download. */
export interface Selected {
  id: string;
  name: string;
  size: number;
  doubted: boolean;
}

class App {
  config = $state.raw<Config | null>(null);
  selection = $state.raw(new Selection());
  /** Select mode without anything selected yet (from the menu). */
  selecting = $state(false);
  help = $state(false);
  tray = $state<'hidden' | 'open' | 'folded'>('hidden');
  dragging = $state(false);

  /** Whether this Tintype keeps its photos on the machine itself, in no account. */
  get here(): boolean {
    return this.config !== null && isLoopback(new URL(this.config.issuer));
  }

  /** So many were found so far of a selection that reaches beyond what is loaded; null: it is complete. */
  resolving = $state<number | null>(null);
  private walking: AbortController | null = null;
  /** Of selected photos that no listing of the timeline brought: what a download needs to know. */
  readonly met = new Map<string, Selected>();

  /** A selection begins that has to be walked; what was being walked before is given up. */
  resolve(): AbortController {
    this.walking?.abort();
    this.resolving = 0;
    return (this.walking = new AbortController());
  }

  resolved(by: AbortController): void {
    if (this.walking !== by) return;
    this.walking = null;
    this.resolving = null;
    live.say(words.selection.count(this.selection.count));
  }

  /** A download of many that is on its way. */
  downloading = $state.raw<{ done: number; total: number } | null>(null);
  stopDownload: (() => void) | null = null;

  get inSelection(): boolean {
    return this.selecting || this.resolving !== null || this.selection.count > 0;
  }

  clearSelection(): void {
    if (!this.inSelection) return;
    this.walking?.abort();
    this.walking = null;
    this.resolving = null;
    this.met.clear();
    this.selection = new Selection();
    this.selecting = false;
    live.say(words.selection.cleared);
  }

  /** Opens by itself with the first files of a session; stays as it was left after that. */
  private touched = false;

  backUp(found: readonly Found[]): void {
    if (found.length === 0) return;
    void surely(engine).then((uploader) => uploader.add(found));
    if (!this.touched || this.tray === 'hidden') this.tray = 'open';
    this.touched = true;
    live.say(words.started(found.length));
  }

  async backUpEntries(taken: readonly Taken[]): Promise<void> {
    this.tray = 'open';
    this.touched = true;
    // Taken at once: what was dropped is not read again.
    const uploader = await surely(engine);
    if (!(await uploader.drop(taken)) && board.stats.found === 0) this.tray = 'hidden';
  }

  /** Held while its dialog is open: what nothing holds, a browser may collect before the answer. */
  chooser: HTMLInputElement | null = null;

  /** Asks for files. The input must be made anew: the same file may be chosen twice. */
  pick(folder: boolean, accept: string, then: (found: Found[]) => void = (found) => this.backUp(found)): void {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    if (folder) input.webkitdirectory = true;
    else input.accept = accept;
    input.addEventListener('change', () => {
      if (input.files) then(Array.from(input.files, (file) => ({ file, path: file.webkitRelativePath || file.name })));
    });
    this.chooser = input;
    input.click();
  }
}

export const app = new App();
export const canPickFolders = 'webkitdirectory' in document.createElement('input') && !matchMedia('(pointer: coarse)').matches;
