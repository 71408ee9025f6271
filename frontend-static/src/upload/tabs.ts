// Several tabs, one queue: whoever holds the lock runs it, the others show what it says and hand over what is dropped.
// When the tab that runs it ends, the next one takes over from the journal.
import type { Item } from './machine';
import { isIdle, type Stats } from './stats';
import type { Found } from './walk';

export type Command = { do: 'pause' | 'resume' | 'retryFailed' | 'clear' | 'dismissFailed' } | { do: 'cancel' | 'retry' | 'keepAnyway' | 'dismiss'; id: string } | { do: 'unreadable'; path: string };

/** What the tab that runs the queue tells the others. */
export interface Picture {
  items: readonly Item[];
  stats: Stats;
  secondsLeft: number | null;
  paused: boolean;
}

type Message = { kind: 'picture'; picture: Picture } | { kind: 'show' } | { kind: 'command'; command: Command } | { kind: 'files'; turn: string; found: Found[] } | { kind: 'taken'; turn: string };

export interface Part {
  /** This tab runs the queue from now on; it does once what the journal has is read. */
  lead(): Promise<void>;
  /** Another tab runs it. */
  follow(): void;
  picture(picture: Picture): void;
  command(command: Command): void;
  files(found: Found[]): void;
  /** Files of this tab that the one before took, and may have ended before it sent or kept them. */
  spare(found: readonly Found[]): void;
  /** A tab that shows the queue has come: it wants a picture. */
  wanted(): void;
}

export class Tabs {
  leading = false;
  private readonly channel: BroadcastChannel;
  /** Handed over and not confirmed: ours again if the other tab ends. */
  private readonly handed = new Map<string, Found[]>();
  /** Confirmed. The other tab may still end before it sent them, or kept their bytes where the next one finds them. */
  private taken: Found[] = [];

  constructor(
    user: string,
    private readonly part: Part,
  ) {
    const name = `tintype-uploads-${user}`;
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.heard(data);
    void this.queue(name);
  }

  private async queue(name: string): Promise<void> {
    const hold = (): Promise<never> => {
      this.leading = true;
      void this.part.lead().then(() => {
        this.part.spare(this.taken);
        this.taken = [];
        for (const found of this.handed.values()) this.part.files(found);
        this.handed.clear();
      });
      // Held until the tab ends.
      return new Promise(() => undefined);
    };
    const free = await new Promise<boolean>((done) => {
      void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
        done(lock !== null);
        return lock ? hold() : undefined;
      });
    });
    if (free) return;
    this.part.follow();
    this.say({ kind: 'show' });
    await navigator.locks.request(name, hold);
  }

  private heard(message: Message): void {
    if (this.leading) {
      if (message.kind === 'command') this.part.command(message.command);
      else if (message.kind === 'show') this.part.wanted();
      else if (message.kind === 'files') {
        this.part.files(message.found);
        this.say({ kind: 'taken', turn: message.turn });
      }
    } else if (message.kind === 'picture') {
      // All has ended, and nothing is on its way there: no file is needed again.
      if (isIdle(message.picture.stats) && message.picture.stats.failed === 0 && this.handed.size === 0) this.taken = [];
      this.part.picture(message.picture);
    } else if (message.kind === 'taken') {
      this.taken.push(...(this.handed.get(message.turn) ?? []));
      this.handed.delete(message.turn);
    }
  }

  private say(message: Message): void {
    this.channel.postMessage(message);
  }

  show(picture: Picture): void {
    this.say({ kind: 'picture', picture });
  }

  send(command: Command): void {
    this.say({ kind: 'command', command });
  }

  hand(found: Found[]): void {
    const turn = crypto.randomUUID();
    this.handed.set(turn, found);
    this.say({ kind: 'files', turn, found });
  }
}
