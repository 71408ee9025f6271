// What the toast says: one at a time, a short queue behind it.

export interface Toast {
  text: string;
  kind?: 'status' | 'alert';
  action?: { label: string; run: () => void };
}

const LIMIT = 3;

class Toasts {
  queue = $state.raw<readonly Toast[]>([]);

  get current(): Toast | undefined {
    return this.queue[0];
  }

  show(toast: Toast): void {
    // The newest matters most: what was said before makes room unless it was never seen.
    this.queue = [toast, ...this.queue.slice(1)].slice(0, LIMIT);
  }

  dismiss(toast: Toast): void {
    this.queue = this.queue.filter((other) => other !== toast);
  }

  /** Ctrl+Z fires the newest Undo. */
  act(): boolean {
    const toast = this.current;
    if (!toast?.action) return false;
    this.dismiss(toast);
    toast.action.run();
    return true;
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
