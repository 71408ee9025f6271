// A few workers that hash, one file each at a time.
import type { Answer, Ask } from './hash.worker';

interface Running {
  worker: Worker;
  reject: (reason: Error) => void;
}

/** The worker's code did not come: nothing is known about the file. */
export class NotLoaded extends Error {}

export class HashPool {
  private readonly idle: Worker[] = [];
  private readonly running = new Map<string, Running>();

  /** Has so many workers there before they are needed: perhaps there is no network then. */
  warm(count: number): void {
    for (let i = this.idle.length + this.running.size; i < count; i++) {
      const worker = make();
      this.idle.push(worker);
      worker.onerror = () => {
        const at = this.idle.indexOf(worker);
        if (at >= 0) this.idle.splice(at, 1);
      };
    }
  }

  hash(id: string, file: Blob, progress: (bytes: number) => void): Promise<string> {
    const worker = this.idle.pop() ?? make();
    return new Promise<string>((resolve, reject) => {
      this.running.set(id, { worker, reject });
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if ('bytes' in data) return progress(data.bytes);
        this.running.delete(id);
        this.idle.push(worker);
        if ('sha' in data) resolve(data.sha);
        else reject(new Error(data.fault));
      };
      worker.onerror = (event) => {
        this.running.delete(id);
        worker.terminate();
        // What goes wrong in its code is an ErrorEvent; that it could not be fetched is a plain one.
        reject(event instanceof ErrorEvent ? new Error('WorkerError') : new NotLoaded());
      };
      worker.postMessage({ file } satisfies Ask);
    });
  }

  /** Nothing more will be asked of it. */
  end(): void {
    for (const worker of this.idle.splice(0)) worker.terminate();
  }

  cancel(id: string): void {
    const found = this.running.get(id);
    if (!found) return;
    this.running.delete(id);
    found.worker.terminate();
    found.reject(new Error('Cancelled'));
  }
}

const make = (): Worker => new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
