// Libraries of a given length: one photo that was really uploaded, and records made from it past the API.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { makePhotos } from './jpeg.ts';
import { seedBinary, Stack } from './stack.ts';

const [photo] = makePhotos(1, { seed: 341, small: true, newest: new Date('2026-11-18T12:00:00Z') });

export const ownerOf = (length: number): string => `length-${length}`;

/** A Tintype of its own, whose catalog was filled while it was stopped: a person for each length. */
export async function withSeeded(lengths: readonly number[], use: (stack: Stack) => Promise<void>): Promise<void> {
  if (!photo) throw new Error('no photo');
  const data = mkdtempSync(join(tmpdir(), 'tintype-seeded-'));
  const first = await Stack.start(['--data-dir', data]);
  const users = new Map<number, string>();
  for (const length of lengths) {
    const api = await Api.of(first, ownerOf(length));
    await api.upload([photo]);
    await api.settled([photo]);
    users.set(length, (await api.call<{ user_id: string }>('GET', '/me')).user_id);
  }
  await first.stop();
  for (const [length, user] of users) if (length > 1) execFileSync(seedBinary, [data, user, String(length - 1)]);
  const stack = await Stack.start(['--data-dir', data]);
  await use(stack);
  await stack.stop();
  rmSync(data, { recursive: true, force: true });
}

/** Every picture is that of the one photo that was really uploaded. */
export async function showOnePicture(page: Page, stack: Stack, owner: string): Promise<void> {
  const { generation } = await (await Api.of(stack, owner)).call<{ generation: string }>('GET', `/photos/${photo?.sha256 ?? ''}`);
  await page.route(/\/media\//, (route) => {
    const url = new URL(route.request().url());
    const [, media, user, , , name] = url.pathname.split('/');
    return route.continue({ url: new URL(['', media, user, photo?.sha256, generation, name].join('/'), url).href });
  });
}
