// What the toast says: one at a time. The newest comes first; one with something to press, or to be alarmed at, comes
// back after it.

export interface Toast {
  text: string;
  kind?: 'status' | 'alert';
  action?: { label: string; run: () => void };
  /** Its action is an Undo: what Ctrl+Z does. */
  undo?: true;
}

const LIMIT = 3;

class Toasts {
  queue = $state.raw<readonly Toast[]>([]);

  get current(): Toast | undefined {
    return this.queue[0];
  }

  show(toast: Toast): void {
    this.queue = [toast, ...this.queue.filter(({ action, kind }) => action ?? kind)].slice(0, LIMIT);
  }

  dismiss(toast: Toast): void {
    this.queue = this.queue.filter((other) => other !== toast);
  }

  act(toast: Toast | undefined): void {
    if (!toast) return;
    this.dismiss(toast);
    toast.action?.run();
  }

  /** Ctrl+Z: the newest Undo, and nothing else that a toast may offer. */
  undo(): void {
    this.act(this.queue.find(({ undo }) => undo));
  }
}

export const toasts = new Toasts();

class Live {
  polite = $state('');
  assertive = $state('');

  say(text: string): void {
    // The same words twice are not read twice unless they differ: a no-break space makes them.
    this.polite = this.polite === text ? `${text}\u00a0` : text;
  }

  alert(text: string): void {
    this.assertive = this.assertive === text ? `${text}\u00a0` : text;
  }
}

export const live = new Live();
