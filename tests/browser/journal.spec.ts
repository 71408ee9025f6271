// A reload loses nothing and sends nothing twice.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BrowserContext, Page, Request } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos, type TestPhoto } from './jpeg.ts';
import { choose, drop, dropPaths, Gate, tray } from './tray.ts';

/** Every PUT of the page, by checksum: how often it was started after the page had S3's answer that it has the file. */
async function watchPuts(context: BrowserContext) {
  const received = new Set<string>();
  const seen = { started: 0, twice: [] as string[], most: 0, received };
  const of = (request: { method(): string; url(): string; headers(): Record<string, string> }) =>
    request.method() === 'PUT' && /\/in\//.test(request.url()) ? (request.headers()['x-amz-checksum-sha256'] ?? '') : null;
  context.on('request', (request) => {
    const key = of(request);
    if (key === null) return;
    seen.started++;
    if (received.has(key)) seen.twice.push(key);
  });
  // An answer that the network swallowed is none: only what arrived whole counts.
  context.on('requestfinished', (request) => {
    const key = of(request);
    if (key === null) return;
    void request.response().then((response) => {
      if (response?.status() === 200 || response?.status() === 412) received.add(key);
    }, () => undefined);
  });
  // How many run at once is counted where they run: news of an end may reach this process after that of the next start.
  await context.exposeFunction('putsRunning', (running: number) => void (seen.most = Math.max(seen.most, running)));
  await context.addInitScript(() => {
    const { send, open } = XMLHttpRequest.prototype;
    const puts = new WeakSet<XMLHttpRequest>();
    let running = 0;
    XMLHttpRequest.prototype.open = function (this: XMLHttpRequest, ...given: unknown[]) {
      if (given[0] === 'PUT') puts.add(this);
      for (const kind of ['load', 'error', 'abort'] as const) if (given[0] === 'PUT') this.addEventListener(kind, () => running--);
      return (open as (...all: unknown[]) => void).apply(this, given);
    };
    XMLHttpRequest.prototype.send = function (this: XMLHttpRequest, body) {
      if (puts.has(this)) (globalThis as unknown as { putsRunning(n: number): void }).putsRunning(++running);
      return send.call(this, body);
    };
  });
  return seen;
}

/** How many files the journal on disk calls received, or more. */
const written = (page: Page): Promise<number> =>
  page.evaluate(() => new Promise<number>((done, failed) => {
    const opened = indexedDB.open('tintype-journal');
    opened.onerror = () => failed(new Error('no journal'));
    opened.onsuccess = () => {
      const all = opened.result.transaction('items').objectStore('items').getAll();
      all.onsuccess = () => {
        opened.result.close();
        done((all.result as { state: string }[]).filter(({ state }) => ['received', 'safe', 'duplicate'].includes(state)).length);
      };
    };
  }));

const figures = (page: Page) =>
  tray(page).locator('.counts').evaluate((element) => {
    const number = (word: string) => Number((new RegExp(`([\\d,]+) ${word}`).exec(element.textContent ?? '')?.[1] ?? '0').replaceAll(',', ''));
    return { safe: number('safe'), received: number('received'), failed: number('failed'), skipped: number('skipped') };
  });

const unfold = async (page: Page) => {
  await expect(tray(page)).toBeVisible();
  if (await tray(page).getByRole('button', { name: 'Show the files' }).count()) await tray(page).getByRole('button', { name: 'Show the files' }).click();
};

/** Folders in folders, more than a hundred entries in one, written where a person would have them. */
function folderOf(photos: readonly TestPhoto[], padding: number): string {
  const root = mkdtempSync(join(tmpdir(), 'tintype-folder-'));
  photos.forEach((photo, i) => {
    const place = i < 300 ? 'all' : i < 550 ? 'all/2025' : i < 800 ? 'all/2025/summer/beach' : `all/odd/day ${i % 9}`;
    const path = join(root, place, photo.name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.concat([photo.bytes, Buffer.alloc(padding, i)]));
    utimesSync(path, photo.modified, photo.modified);
  });
  return root;
}

test('1,000 files in nested folders, the network cut, the page reloaded, an address that expired: all safe, none sent twice', async ({ page, context, user, stack, watch }) => {
  test.setTimeout(900_000);
  watch.allow(403, /\/in\//);
  watch.allow(412, /\/in\//);
  page.on('dialog', (dialog) => void dialog.accept());
  const root = folderOf(makePhotos(1000, { seed: 101, small: true }), 40_000);
  const puts = await watchPuts(context);
  const api = await Api.of(stack, user);
  const cdp = await context.newCDPSession(page);
  const heap = async () => {
    await cdp.send('HeapProfiler.collectGarbage');
    return (await cdp.send('Runtime.getHeapUsage')).usedSize / 1e6;
  };
  // One address is used too late: S3 itself refuses it.
  let expired = 0;
  const tooLate = (request: Request): string | undefined => {
    if (expired > 0 || puts.started < 20) return undefined;
    expired++;
    const url = new URL(request.url());
    url.searchParams.set('X-Amz-Date', '20200101T000000Z');
    return url.href;
  };
  const gate = await Gate.at(page, 340, tooLate);

  await signIn(page, user);
  const before = await heap();
  let most = before;
  await dropPaths(page, [join(root, 'all')]);
  await expect(tray(page).getByRole('heading')).toHaveText('Backing up 1,000 photos', { timeout: 60_000 });

  /** Until so many are at S3, with the figures held against the truth on the way. */
  const until = (number: number) =>
    expect(async () => {
      const shown = await figures(page);
      const truth = (await api.call<{ photos: number }>('GET', '/me')).photos;
      if (shown.safe > truth) liar ||= `${shown.safe} called safe, ${truth} are`;
      // The page may know it a moment before this process does.
      await expect.poll(() => puts.received.size, 'no more is called received than S3 said').toBeGreaterThanOrEqual(shown.safe + shown.received);
      most = Math.max(most, await heap());
      expect(puts.received.size).toBeGreaterThanOrEqual(number);
    }).toPass({ intervals: [500], timeout: 300_000 });
  let liar = '';

  await until(333);
  // Four wait on a slow line when it breaks.
  await expect.poll(() => gate.waiting).toBeGreaterThan(0);
  await context.setOffline(true);
  await expect(page.getByText('You are offline. Uploads wait and go on by themselves.')).toBeVisible();
  const cut = await figures(page);
  gate.let(334);
  await page.waitForTimeout(3000);
  expect((await figures(page)).failed).toBe(0);
  await context.setOffline(false);

  await until(666);
  // Some are on their way when the page is reloaded, and what was answered is on disk: an answer that comes in the very
  // moment of a reload is lost with the page, and then the file is sent again.
  await expect.poll(() => gate.waiting).toBeGreaterThan(0);
  await expect.poll(async () => (await written(page)) - puts.received.size, { timeout: 60_000 }).toBe(0);
  const atReload = puts.received.size;
  await page.reload();
  gate.let();
  await unfold(page);
  await expect(tray(page).getByRole('heading')).toHaveText(/Backing up 1,000 photos|All 1,000 photos are safe\./);
  const after = await figures(page);
  expect(after.safe + after.received, 'what was received before the reload is not forgotten').toBeGreaterThanOrEqual(cut.safe + cut.received);

  await expect(tray(page).getByRole('heading')).toHaveText('All 1,000 photos are safe.', { timeout: 600_000 });
  most = Math.max(most, await heap());
  rmSync(root, { recursive: true, force: true });
  test.info().annotations.push({ type: 'figures', description: `${puts.started} PUTs, at most ${puts.most} at once, ${atReload} received at the reload; heap ${before.toFixed(1)} MB before, ${most.toFixed(1)} MB at most` });
  console.log(test.info().annotations.at(-1)?.description);
  expect(liar, 'no more is called safe than is').toBe('');
  expect(expired).toBe(1);
  expect(puts.twice, 'what S3 had was not sent again').toEqual([]);
  expect(puts.most).toBeLessThanOrEqual(4);
  // The files are 40 MB: they are never all in memory.
  expect(most - before).toBeLessThan(25);
  expect((await api.call<{ photos: number }>('GET', '/me')).photos).toBe(1000);
  // Ended and cleared: the next visit knows nothing of it.
  await tray(page).getByRole('button', { name: 'Close' }).click();
  await page.reload();
  await expect(page.locator('[data-id]').first()).toBeVisible();
  await page.waitForTimeout(1500);
  await expect(tray(page)).toHaveCount(0);
});

test('without room for the bytes the files are asked for again, and only what is missing is sent', async ({ page, context, user }) => {
  await page.addInitScript(() => Object.defineProperty(navigator.storage, 'estimate', { value: () => Promise.resolve({ quota: 1000, usage: 990 }) }));
  page.on('dialog', (dialog) => void dialog.accept());
  const puts = await watchPuts(context);
  const gate = await Gate.at(page, 8);
  const photos = makePhotos(24, { seed: 102, small: true });
  await signIn(page, user);
  await drop(page, photos);
  await expect.poll(() => puts.received.size).toBe(8);
  await expect.poll(() => written(page)).toBe(8);
  await page.reload();
  await unfold(page);
  await expect(tray(page).getByText(/files were not finished\. Drop the same folder again/)).toBeVisible();
  await expect(tray(page).getByText('Choose the file again').first()).toBeVisible();
  gate.let();
  await drop(page, photos);
  await expect(tray(page).getByText(/not finished/)).toHaveCount(0);
  await expect(tray(page).locator('[data-state=needs_file]')).toHaveCount(0);
  await expect(page.getByRole('link', { name: '24 photos are safe. Show the status.' })).toBeVisible({ timeout: 60_000 });
  expect(puts.twice).toEqual([]);
});

test('one tab runs the queue, the other shows it, takes drops, and goes on when the first is closed', async ({ page, context, user }) => {
  const puts = await watchPuts(context);
  // Nothing is sent before the second tab is there.
  const gate = await Gate.at(context);
  const photos = makePhotos(40, { seed: 103, small: true });
  await page.goto('/');
  await page.getByLabel('Keep me signed in on this device').check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('input[name=name]').fill(user);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
  await drop(page, photos.slice(0, 20));
  await expect(tray(page).getByRole('heading')).toHaveText('Backing up 20 photos');

  const second = await context.newPage();
  await second.goto('/');
  await unfold(second);
  await expect(tray(second).getByText('Uploading in another tab.')).toBeVisible();
  // The same drop, and more, in the other tab.
  await drop(second, photos);
  await expect(tray(page).getByRole('heading')).toHaveText('Backing up 40 photos');
  gate.let(10);
  await expect.poll(() => puts.received.size).toBe(10);
  await expect.poll(() => written(second)).toBe(10);
  // Others of the first tab are on their way when it is closed.
  await expect.poll(() => gate.waiting).toBeGreaterThan(0);
  await page.close();
  gate.let();
  await expect(tray(second).getByText('Uploading in another tab.')).toHaveCount(0);
  await expect(second.getByRole('link', { name: '40 photos are safe. Show the status.' })).toBeVisible({ timeout: 60_000 });
  expect(puts.twice).toEqual([]);
  expect(puts.most).toBeLessThanOrEqual(8);
});

test('what a tab handed over it sends itself, if the one that took it is closed before it kept the bytes', async ({ page, context, user }) => {
  // No room for bytes: what the first tab does not send ends with it.
  await context.addInitScript(() => {
    // An empty page, before it is the app's, has none.
    if (navigator.storage) Object.defineProperty(navigator.storage, 'estimate', { value: () => Promise.resolve({ quota: 1000, usage: 990 }) });
  });
  const puts = await watchPuts(context);
  const gate = await Gate.at(context, 5);
  const photos = makePhotos(30, { seed: 105, small: true });
  await page.goto('/');
  await page.getByLabel('Keep me signed in on this device').check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('input[name=name]').fill(user);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
  await drop(page, photos.slice(0, 3));
  await expect(tray(page).getByRole('heading')).toHaveText('Backing up 3 photos');
  const second = await context.newPage();
  await second.goto('/');
  await unfold(second);
  await drop(second, photos.slice(3));
  await expect(tray(page).getByRole('heading')).toHaveText('Backing up 30 photos');
  await expect.poll(() => written(second)).toBe(5);
  await page.close();
  gate.let();
  await expect(second.getByRole('link', { name: '30 photos are safe. Show the status.' })).toBeVisible({ timeout: 60_000 });
  await expect(tray(second).locator('[data-state=needs_file]')).toHaveCount(0);
  expect(puts.twice).toEqual([]);
});

test('nobody sees another person’s queue', async ({ page, user }) => {
  page.on('dialog', (dialog) => void dialog.accept());
  await page.route(/\/in\//, (route) => route.abort('connectionreset'));
  await signIn(page, user);
  await choose(page, makePhotos(3, { seed: 104, small: true }));
  await expect(tray(page).getByText(/^Trying again/).first()).toBeVisible();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await signIn(page, `${user}-other`);
  await page.waitForTimeout(1500);
  await expect(tray(page)).toHaveCount(0);
  // Back again, it goes on by itself.
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await page.unroute(/\/in\//);
  await signIn(page, user);
  await unfold(page);
  await expect(tray(page).getByRole('heading')).toHaveText('All 3 photos are safe.', { timeout: 60_000 });
});
