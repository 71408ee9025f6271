// Images come from the page's own origin and are allowed by signed cookies. Their addresses never change; when the
// cookies end, they are asked for once for all that wait.
import { startSession } from './photos';
import { session } from '../auth/session.svelte';

const AT_MOST_EVERY = 60_000;
const LATE_TRIES = 3;

class Media {
  /** Images may be asked for. */
  ready = $state(false);
  /** Grows when the cookies were renewed after a failure: images that failed try again. */
  epoch = $state(0);
  private late = 0;
  private running: Promise<void> | null = null;
  private renewAt = Infinity;
  private last = -Infinity;
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  start(): Promise<void> {
    this.running ??= startSession()
      .then((expires) => {
        const now = Date.now();
        this.last = now;
        this.late = 0;
        this.renewAt = now + Math.max(60_000, (Date.parse(expires) - now) / 2);
        this.ready = true;
        if (this.tries > 0) this.epoch++;
        this.tries = 0;
        this.again(Math.min(this.renewAt - now, 2 ** 31 - 1));
      })
      .catch((error: unknown) => {
        // Later and later, and as soon as the network or the person is back.
        this.renewAt = 0;
        this.again(Math.min(60_000, 1000 * 2 ** ++this.tries));
        throw error;
      })
      .finally(() => (this.running = null));
    return this.running;
  }

  private again(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.start().catch(() => undefined), wait);
  }

  /** Timers sleep with the machine: looked at again when the page is seen. */
  wake(): void {
    if (Date.now() >= this.renewAt) void this.start().catch(() => undefined);
  }

  /** An image failed. The answer of an image cannot be read, so this is taken for an ended session, once a minute. */
  failed(): void {
    if (this.running) return;
    if (Date.now() - this.last < AT_MOST_EVERY) {
      // Asked for before the cookies were renewed, answered after: a few more tries, later and later.
      if (this.late < LATE_TRIES) setTimeout(() => this.epoch++, 1000 * ++this.late);
      return;
    }
    this.start().then(
      () => this.epoch++,
      () => undefined,
    );
  }

  url(rec: { id: string; generation: string }, variant: 'thumb' | 'preview'): string {
    return `/media/${session.user}/${rec.id}/${rec.generation}/${variant}.webp`;
  }
}

export const media = new Media();
