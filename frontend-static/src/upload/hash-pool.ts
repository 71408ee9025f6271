// A few workers that hash, one file each at a time.
import type { Answer, Ask } from './hash.worker';

interface Running {
  worker: Worker;
  reject: (reason: Error) => void;
}

export class HashPool {
  private readonly idle: Worker[] = [];
  private readonly running = new Map<string, Running>();

  hash(id: string, file: Blob, progress: (bytes: number) => void): Promise<string> {
    const worker = this.idle.pop() ?? new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
    return new Promise<string>((resolve, reject) => {
      this.running.set(id, { worker, reject });
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if ('bytes' in data) return progress(data.bytes);
        this.running.delete(id);
        this.idle.push(worker);
        if ('sha' in data) resolve(data.sha);
        else reject(new Error(data.fault));
      };
      worker.onerror = () => {
        this.running.delete(id);
        worker.terminate();
        reject(new Error('WorkerError'));
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
