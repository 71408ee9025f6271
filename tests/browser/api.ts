// The API as a script uses it: seeds libraries and knows what is true.
import { expect } from '@playwright/test';
import type { TestPhoto } from './jpeg.ts';
import type { Stack } from './stack.ts';

interface Result {
  sha256: string;
  outcome: 'known' | 'upload' | 'deleted' | 'refused';
  request?: { method: string; url: string; headers: Record<string, string> };
}

export interface Listed {
  photo_id: string;
  generation: string;
  taken: string;
  preview: string;
  file_name: string;
}

export class Api {
  private constructor(
    private readonly stack: Stack,
    private readonly token: string,
  ) {}

  static async of(stack: Stack, user: string): Promise<Api> {
    return new Api(stack, await stack.token(user));
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.stack.addresses.page}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** `modified` null: nobody says when the file was changed. */
  async upload(photos: readonly (Omit<TestPhoto, 'modified'> & { modified: Date | null })[]): Promise<void> {
    for (let i = 0; i < photos.length; i += 25) {
      const some = photos.slice(i, i + 25);
      const { results } = await this.call<{ results: Result[] }>('POST', '/uploads', {
        files: some.map(({ sha256, bytes, name, modified }) => ({ sha256, size: bytes.length, content_type: 'image/jpeg', file_name: name, ...(modified && { modified_at: modified.toISOString() }) })),
      });
      const queue = [...results.entries()];
      const work = async () => {
        for (let next = queue.pop(); next; next = queue.pop()) {
          const [at, { request, outcome }] = next;
          if (outcome === 'known' || !request) continue;
          const { 'content-length': _length, host: _host, ...headers } = request.headers;
          const response = await fetch(request.url, { method: request.method, headers, body: new Uint8Array(some[at]?.bytes ?? []) });
          if (!response.ok && response.status !== 412) throw new Error(`PUT: ${response.status} ${await response.text()}`);
        }
      };
      await Promise.all([work(), work(), work(), work()]);
    }
  }

  /** Until all are safe and their previews are made or given up. */
  async settled(photos: readonly { sha256: string }[], timeout = 300_000): Promise<void> {
    const ids = photos.map((photo) => photo.sha256);
    await expect
      .poll(
        async () => {
          let open = 0;
          for (let i = 0; i < ids.length; i += 1000) {
            const { photos: found } = await this.call<{ photos: { safe: boolean; preview?: string }[] }>('POST', '/photos/lookup', { photo_ids: ids.slice(i, i + 1000) });
            open += found.filter((one) => !one.safe || one.preview === 'pending').length;
          }
          return open;
        },
        { timeout, intervals: [250, 500, 1000] },
      )
      .toBe(0);
  }

  async list(): Promise<Listed[]> {
    const all: Listed[] = [];
    let cursor: string | null = null;
    do {
      const page: { photos: Listed[]; next_cursor?: string | null } = await this.call('GET', `/photos?limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      all.push(...page.photos);
      cursor = page.next_cursor ?? null;
    } while (cursor);
    return all;
  }
}
