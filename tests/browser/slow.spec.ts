// A slow line, a page that slept, an API that is gone for a while: what is shown then, and how it ends.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { choose, Gate, tray } from './tray.ts';

/** Counts what shifts, and keeps when the first words were painted. */
const watchPaint = (page: Page) =>
  page.addInitScript(() => {
    const seen = { shifts: [] as number[], firstPaint: 0, imagesAtFirstTile: -1, colouredAtFirstTile: -1 };
    Object.assign(globalThis, { seen });
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => seen.shifts.push((entry as unknown as { value: number }).value))).observe({ type: 'layout-shift', buffered: true });
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => entry.name === 'first-contentful-paint' && (seen.firstPaint = entry.startTime))).observe({ type: 'paint', buffered: true });
    new MutationObserver(() => {
      const tiles = [...document.querySelectorAll<HTMLElement>('a[data-id]')];
      if (tiles.length === 0 || seen.imagesAtFirstTile >= 0) return;
      seen.imagesAtFirstTile = tiles.filter((tile) => tile.querySelector('img')?.complete && tile.querySelector('img.there')).length;
      seen.colouredAtFirstTile = tiles.filter((tile) => tile.style.backgroundColor !== '' && tile.getBoundingClientRect().width > 20).length;
    }).observe(document, { subtree: true, childList: true });
  });

test('on a slow line boxes and colours come before images, nothing shifts, and nothing is shown without its style', async ({ page, user, stack }) => {
  const photos = makePhotos(12, { seed: 321, days: 3 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user);
  await expect(page.locator('[data-id] img.there')).toHaveCount(12);
  await watchPaint(page);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
  // 400 kbit/s and 400 ms, as browsers' own tools mean by slow 3G.
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 });
  await page.reload({ waitUntil: 'commit' });
  await expect(page.locator('[data-id] img.there')).toHaveCount(12, { timeout: 120_000 });
  const seen = await page.evaluate(() => {
    const styles = performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('.css')) as PerformanceResourceTiming[];
    return { ...(globalThis as unknown as { seen: { shifts: number[]; firstPaint: number; imagesAtFirstTile: number; colouredAtFirstTile: number } }).seen, styled: Math.min(...styles.map((entry) => entry.responseEnd)) };
  });
  expect(seen.shifts, 'nothing shifts').toEqual([]);
  expect(seen.imagesAtFirstTile, 'no image was waited for').toBe(0);
  expect(seen.colouredAtFirstTile, 'each tile has its size and its colour').toBe(12);
  expect(seen.firstPaint, 'nothing is painted before the style is there').toBeGreaterThanOrEqual(seen.styled);
});

test('addresses that were signed before the page slept are signed again; a sending that hangs is tried again; nothing fails', async ({ page, user }) => {
  await page.clock.install();
  await signIn(page, user);
  const gate = await Gate.at(page);
  const signed = new Map<string, string[]>();
  page.on('response', async (response) => {
    if (!response.url().endsWith('/api/uploads') || !response.ok()) return;
    const { results } = (await response.json()) as { results: { sha256: string; request?: { url: string } }[] };
    for (const { sha256, request } of results) if (request) signed.set(sha256, [...(signed.get(sha256) ?? []), request.url]);
  });
  const sent: string[] = [];
  await choose(page, makePhotos(12, { seed: 322, small: true }));
  // Four are on their way, four more have their address.
  await expect.poll(() => gate.waiting).toBe(4);
  await expect.poll(() => signed.size).toBe(8);
  page.on('request', (request) => request.method() === 'PUT' && sent.push(request.url()));
  await page.clock.fastForward('10:00');
  // The four on their way made no progress for ten minutes.
  await expect(tray(page).getByText('Trying again').first()).toBeVisible();
  await expect(tray(page).getByText(/no progress/).first()).toBeVisible();
  gate.let();
  await expect(async () => {
    await page.clock.runFor(2000);
    await expect(tray(page).getByRole('heading')).toHaveText('All 12 photos are safe.', { timeout: 500 });
  }).toPass({ timeout: 90_000 });
  await expect(tray(page).locator('[data-state=failed]')).toHaveCount(0);
  const old = new Set([...signed.values()].filter((urls) => urls.length > 1).map((urls) => urls[0]));
  expect(old.size, 'each address from before is asked for again').toBe(8);
  expect(sent.filter((url) => old.has(url)), 'no old address is used').toEqual([]);
});

test('10,000 files on a slow line: four at a time, a truthful estimate, a short list, and a pause that is one', async ({ page, user }) => {
  test.setTimeout(240_000);
  page.on('dialog', (dialog) => void dialog.accept());
  await signIn(page, user);
  await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  // 2 Mbit/s up.
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 20, downloadThroughput: -1, uploadThroughput: 250_000 });
  let running = 0, most = 0, begun = 0;
  const puts = (request: { method(): string; url(): string }) => request.method() === 'PUT' && /\/in\//.test(request.url());
  page.on('request', (request) => {
    if (!puts(request)) return;
    begun++;
    most = Math.max(most, ++running);
  });
  page.on('requestfinished', (request) => puts(request) && running--);
  page.on('requestfailed', (request) => puts(request) && running--);
  await page.evaluate(() => {
    const transfer = new DataTransfer();
    for (let i = 0; i < 10_000; i++) {
      const bytes = new Uint8Array(40_000);
      new DataView(bytes.buffer).setUint32(0, i);
      transfer.items.add(new File([bytes], `photo-${i}.jpg`, { type: 'image/jpeg', lastModified: Date.UTC(2026, 10, 2) }));
    }
    for (const kind of ['dragenter', 'dragover', 'drop']) window.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await expect(tray(page).getByRole('heading')).toHaveText('Backing up 10,000 photos', { timeout: 60_000 });
  await expect.poll(() => begun, { timeout: 60_000 }).toBeGreaterThan(40);

  /** Bytes sent, bytes in all, by the tray; and when it said so. */
  const figures = () =>
    tray(page).locator('.figures').evaluate((element) => {
      const unit = { KB: 1e3, MB: 1e6, GB: 1e9 } as Record<string, number>;
      const found = /([\d.]+) (KB|MB|GB) of ([\d.]+) (KB|MB|GB)/.exec(element.textContent ?? '');
      const minutes = /about (\d+) min/.exec(element.textContent ?? '')?.[1];
      const hours = /about ([\d.]+) h/.exec(element.textContent ?? '')?.[1];
      return { sent: Number(found?.[1]) * (unit[found?.[2] ?? ''] ?? 0), all: Number(found?.[3]) * (unit[found?.[4] ?? ''] ?? 0), left: minutes ? Number(minutes) * 60 : hours ? Number(hours) * 3600 : null, at: performance.now() };
    });
  // Once it has an estimate: what was really sent in the twenty seconds around it.
  await expect.poll(async () => (await figures()).left, { timeout: 60_000 }).not.toBeNull();
  const first = await figures();
  await expect.poll(async () => (await figures()).at - first.at, { timeout: 60_000, intervals: [500] }).toBeGreaterThan(25_000);
  const then = await figures();
  const real = ((then.all - then.sent) / (then.sent - first.sent)) * ((then.at - first.at) / 1000);
  const figure = `estimate ${then.left} s, at the pace of the last 25 s ${Math.round(real)} s; at most ${most} at once`;
  test.info().annotations.push({ type: 'figures', description: figure });
  console.log(figure);
  expect(Math.abs((then.left ?? 0) / real - 1)).toBeLessThan(0.25 + 30 / real);
  expect(most).toBeLessThanOrEqual(4);
  expect(await tray(page).locator('.row').count()).toBeLessThanOrEqual(60);

  await tray(page).getByRole('button', { name: 'Pause' }).click();
  await expect(tray(page).getByText('Paused')).toBeVisible();
  await expect.poll(() => running).toBe(0);
  const atPause = begun;
  // Whatever else the page does meanwhile: scroll the list to its end.
  await tray(page).locator('.rows').evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await expect(tray(page).locator('.row').last()).toBeVisible();
  expect(await tray(page).locator('.row').count()).toBeLessThanOrEqual(60);
  expect(begun).toBe(atPause);
  await tray(page).getByRole('button', { name: 'Resume' }).click();
  await expect.poll(() => begun).toBeGreaterThan(atPause);
});

test('an API that is gone while one scrolls says so in the place of the photos; Try again brings them, and so does a network that is back', async ({ page, user, stack, watch }) => {
  watch.allow(503, /^\/api\/photos$/);
  const photos = makePhotos(60, { seed: 323, small: true, newest: new Date('2026-06-28T12:00:00Z'), days: 900 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await page.clock.install();
  let down = false, beyond = false;
  await page.route('**/api/photos?*', (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set('limit', '12');
    return down || (beyond && (url.searchParams.has('cursor') || url.searchParams.has('from'))) ? route.fulfill({ status: 503, contentType: 'application/problem+json', json: { type: '/problems/unavailable', title: 'Not available just now', status: 503, detail: 'secret detail of the inside', instance: 'urn:tintype:0' } }) : route.continue({ url: url.href });
  });
  await signIn(page, user);
  await expect(page.locator('[data-id] img.there').first()).toBeVisible();
  down = true;
  await page.getByRole('slider', { name: 'Date' }).press('End');
  const note = page.getByRole('alert').filter({ hasText: 'These photos could not be loaded.' });
  await expect(async () => {
    await page.clock.runFor(5000);
    await expect(note).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(page.locator('body')).not.toContainText('secret');
  down = false;
  await note.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText(/^That is everything: 60 photos/)).toBeAttached();
  await expect(page.locator('[data-id] img.there').last()).toBeVisible();
  await expect(note).toHaveCount(0);

  // And by itself.
  down = true;
  await page.reload();
  await expect(async () => {
    await page.clock.runFor(5000);
    await expect(page.getByRole('alert').filter({ hasText: 'Tintype cannot reach its API.' })).toBeVisible({ timeout: 500 });
  }).toPass();
  down = false;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(page.locator('[data-id]').first()).toBeVisible();
  beyond = true;
  await page.goto('/');
  await expect(page.locator('[data-id]').first()).toBeVisible();
  await page.getByRole('slider', { name: 'Date' }).press('End');
  await expect(async () => {
    await page.clock.runFor(5000);
    await expect(note).toBeVisible({ timeout: 500 });
  }).toPass();
  beyond = false;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(async () => {
    await page.clock.runFor(1000);
    await expect(note).toHaveCount(0, { timeout: 500 });
  }).toPass();
  await expect(page.getByText(/^That is everything: 60 photos/)).toBeAttached();
});
