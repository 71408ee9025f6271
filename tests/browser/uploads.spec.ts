import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { choose, drop, dropPaths, Gate, tray } from './tray.ts';

test('the same photos again: all already safe, nothing is sent', async ({ page, user }) => {
  const photos = makePhotos(5, { seed: 51 });
  await signIn(page, user);
  await drop(page, photos);
  await expect(tray(page).getByRole('heading')).toHaveText('All 5 photos are safe.', { timeout: 60_000 });
  await tray(page).getByRole('button', { name: 'Close' }).click();
  const puts: string[] = [];
  page.on('request', (request) => request.method() === 'PUT' && puts.push(request.url()));
  await drop(page, photos);
  await expect(tray(page).locator('[data-state=duplicate]')).toHaveCount(5);
  expect(puts).toEqual([]);
});

test('a drop is taken also where the page changed under it since the drag came in', async ({ page, user }) => {
  const folder = mkdtempSync(join(tmpdir(), 'tintype-drop-'));
  const [photo] = makePhotos(1, { seed: 58, small: true });
  writeFileSync(join(folder, 'a.jpg'), photo?.bytes ?? '');
  await signIn(page, user);
  await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
  // A part of the page that arrives late comes to lie under the pointer, which rests, and lets go.
  await dropPaths(page, [join(folder, 'a.jpg')], null, () =>
    page.evaluate(() => {
      const late = document.createElement('div');
      late.style.cssText = 'position:fixed;inset:0';
      document.querySelector('main')?.append(late);
    }),
  );
  await expect(tray(page).getByRole('heading')).toHaveText('Your photo is safe.', { timeout: 60_000 });
  rmSync(folder, { recursive: true });
});

test('received is never shown as safe', async ({ page, user }) => {
  await signIn(page, user);
  let lookups = 0;
  let news: () => void = () => undefined;
  const told = new Promise<void>((done) => (news = done));
  // Holds the news back, not the truth: every answer is the server's own. The first asks what is known already.
  await page.route('**/api/photos/lookup', async (route) => {
    if (++lookups > 1) await told;
    await route.continue();
  });
  await choose(page, makePhotos(3, { seed: 52 }));
  await expect(tray(page).getByText('Received. Not safe yet')).toHaveCount(3);
  await expect(tray(page).locator('[data-state=received] use[href$="#shield-check"]')).toHaveCount(0);
  await expect(page.getByRole('button', { name: '3 files received, not safe yet. Show the uploads.' })).toBeVisible();
  news();
  await expect(tray(page).getByRole('heading')).toHaveText('All 3 photos are safe.', { timeout: 60_000 });
});

test('each PUT carries exactly the signed headers, and at most four run at once', async ({ page, user }) => {
  await signIn(page, user);
  let running = 0, most = 0;
  let enough: () => void = () => undefined;
  const four = new Promise<void>((done) => (enough = done));
  const headers: Record<string, string>[] = [];
  await page.route(/\/in\//, async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    headers.push(await route.request().allHeaders());
    most = Math.max(most, ++running);
    // Held until four are at it, and a fifth had its chance.
    if (running >= 4) setTimeout(enough, 500);
    await four;
    running--;
    await route.continue();
  });
  await choose(page, makePhotos(14, { seed: 53, small: true }));
  await expect(tray(page).getByRole('heading')).toHaveText('All 14 photos are safe.', { timeout: 60_000 });
  expect(headers).toHaveLength(14);
  expect(most).toBe(4);
  for (const sent of headers) {
    expect(sent['if-none-match']).toBe('*');
    expect(sent['x-amz-checksum-sha256']).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(sent.authorization, 'the token stays with the API').toBeUndefined();
  }
});

test('a connection that breaks is tried again; 412 counts as received; 403 is signed again', async ({ page, user, watch }) => {
  watch.allow(412, /\/in\//);
  await signIn(page, user);
  const fate = new Map<string, number>();
  await page.route(/\/in\//, async (route) => {
    const request = route.request();
    if (request.method() !== 'PUT') return route.continue();
    const [, , , id = ''] = new URL(request.url()).pathname.split('/').slice(-4);
    const key = request.headers()['x-amz-checksum-sha256'] ?? id;
    const tries = (fate.get(key) ?? 0) + 1;
    fate.set(key, tries);
    if (tries > 1) return route.continue();
    const turn = fate.size % 3;
    if (turn === 0) return route.abort('connectionreset');
    if (turn === 1) {
      // S3 has it, and the answer is lost: the next try must count as received.
      await route.fetch();
      return route.abort('connectionreset');
    }
    return route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' }, body: '<Error><Code>AccessDenied</Code></Error>' });
  });
  watch.allow(403, /\/in\//);
  await choose(page, makePhotos(6, { seed: 54, small: true }));
  await expect(tray(page).getByRole('heading')).toHaveText('All 6 photos are safe.', { timeout: 60_000 });
  // Of which S3 had the bytes already may have become safe meanwhile: then they are not sent again.
  const tries = [...fate.values()];
  expect(tries.filter((_, i) => i % 3 !== 0), 'torn or denied: sent once more, and no more').toEqual([2, 2, 2, 2]);
  for (const had of tries.filter((_, i) => i % 3 === 0)) expect([1, 2]).toContain(had);
});

test('pause and resume; leaving while a file is being sent is asked about', async ({ page, user }) => {
  await signIn(page, user);
  const gate = await Gate.at(page);
  await choose(page, makePhotos(16, { seed: 55, small: true }));
  await expect(tray(page).locator('[data-state=uploading]').first()).toBeVisible();
  const asked = page.waitForEvent('dialog').then(async (dialog) => {
    await dialog.dismiss();
    return dialog.type();
  });
  await page.close({ runBeforeUnload: true });
  expect(await asked).toBe('beforeunload');
  await tray(page).getByRole('button', { name: 'Pause' }).click();
  await expect(tray(page).getByText('Paused')).toBeVisible();
  await expect(tray(page).locator('[data-state=uploading]')).toHaveCount(0);
  await tray(page).getByRole('button', { name: 'Resume' }).click();
  gate.let();
  await expect(tray(page).getByRole('heading')).toHaveText('All 16 photos are safe.', { timeout: 60_000 });
});

test('what was dropped by hand comes back from the trash', async ({ page, user, stack }) => {
  const photos = makePhotos(3, { seed: 56 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await api.call('POST', '/photos/trash', { photo_ids: photos.map((photo) => photo.sha256) });
  await signIn(page, user);
  await expect(page.getByText('3 are in the trash.')).toBeVisible();
  await drop(page, photos);
  await expect(tray(page).getByRole('heading')).toHaveText('All 3 photos are safe.', { timeout: 60_000 });
  await expect(page.locator('[data-id]')).toHaveCount(3);
});

test('each answer of S3 has its end: busy and torn are tried again, a file that changed is said to have, and Retry sends it', async ({ page, user, watch }) => {
  for (const status of [400, 403, 409, 503]) watch.allow(status, /\/in\//);
  const photos = makePhotos(5, { seed: 57, small: true });
  // In the order of the drop; what is left of a list is answered first, then S3 answers.
  const fates: number[][] = [[409], [503, 503], [400], [403, 403], [400, 400]];
  const fateOf = new Map(photos.map((photo, i) => [Buffer.from(photo.sha256, 'hex').toString('base64'), fates[i] ?? []]));
  await signIn(page, user);
  await page.route(/\/in\//, async (route) => {
    const request = route.request();
    const status = request.method() === 'PUT' ? fateOf.get(request.headers()['x-amz-checksum-sha256'] ?? '')?.shift() : undefined;
    return status === undefined ? route.continue() : route.fulfill({ status, headers: { 'access-control-allow-origin': '*' }, body: '<Error/>' });
  });
  await choose(page, photos);
  const changed = photos[4]?.name ?? '';
  await expect(tray(page).locator('[data-state=safe]')).toHaveCount(4, { timeout: 60_000 });
  await expect(tray(page).locator('[data-state=failed]')).toContainText('the file changed while it was being sent');
  await tray(page).getByRole('button', { name: `Retry ${changed}` }).click();
  await expect(tray(page).getByRole('heading')).toHaveText('All 5 photos are safe.', { timeout: 60_000 });
});

test('files can be chosen again while others are on their way', async ({ page, user }) => {
  const photos = makePhotos(6, { seed: 58, small: true });
  await signIn(page, user);
  const gate = await Gate.at(page, 1);
  await choose(page, photos.slice(0, 4));
  await expect.poll(() => gate.waiting).toBe(3);
  page.on('dialog', (dialog) => void dialog.accept());
  await choose(page, photos.slice(4));
  await expect(tray(page).getByRole('heading')).toHaveText('Backing up 6 photos');
  gate.let();
  await expect(tray(page).getByRole('heading')).toHaveText('All 6 photos are safe.');
});

test('the line breaks more often than a file is tried: while it is gone no try counts, nothing fails, and all goes on by itself', async ({ page, context, user }) => {
  await signIn(page, user);
  await page.evaluate(() => {
    const seen = ((globalThis as unknown as { seen: Set<string> }).seen = new Set<string>());
    new MutationObserver(() => document.querySelectorAll<HTMLElement>('[data-state]').forEach((row) => seen.add(row.dataset.state ?? ''))).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });
  });
  const gate = await Gate.at(page, 2);
  const failed: string[] = [];
  page.on('requestfailed', (request) => request.method() === 'PUT' && failed.push(request.failure()?.errorText ?? ''));
  await choose(page, makePhotos(6, { seed: 59, small: true }));
  // Ten times, with four on their way each time: a file has eight tries.
  for (let i = 1; i <= 10; i++) {
    await expect.poll(() => gate.waiting).toBe(4);
    await context.setOffline(true);
    await expect(page.getByText('You are offline. Uploads wait and go on by themselves.')).toBeVisible();
    await expect(page.getByRole('link', { name: 'You are offline.' })).toBeVisible();
    gate.let(4);
    await expect.poll(() => failed.length).toBe(4 * i);
    await expect(tray(page).locator('[data-state=uploading]')).toHaveCount(0);
    await context.setOffline(false);
  }
  gate.let();
  await expect(tray(page).getByRole('heading')).toHaveText('All 6 photos are safe.', { timeout: 60_000 });
  expect(failed).toEqual(Array.from({ length: 40 }, () => 'net::ERR_INTERNET_DISCONNECTED'));
  const states = await page.evaluate(() => [...(globalThis as unknown as { seen: Set<string> }).seen]);
  expect(states).toContain('uploading');
  expect(states.filter((state) => state === 'retrying' || state === 'failed'), 'no try counted').toEqual([]);
});

test('what a pause or a click ends on its way is no failure: the one is sent again from its beginning, the other never', async ({ page, user }) => {
  const photos = makePhotos(6, { seed: 60, small: true });
  const sumOf = (i: number) => Buffer.from(photos[i]?.sha256 ?? '', 'hex').toString('base64');
  const sent: string[] = [], aborted: string[] = [];
  const isPut = (request: { method(): string; url(): string }) => request.method() === 'PUT' && /\/in\//.test(request.url());
  page.on('request', (request) => isPut(request) && sent.push(request.headers()['x-amz-checksum-sha256'] ?? ''));
  page.on('requestfailed', (request) => isPut(request) && aborted.push(`${request.failure()?.errorText ?? ''} ${request.headers()['x-amz-checksum-sha256'] ?? ''}`));
  await signIn(page, user);
  const gate = await Gate.at(page);
  await choose(page, photos);
  await expect.poll(() => gate.waiting).toBe(4);
  // Cancelled on its way: the request ends, and another file takes its place.
  await tray(page).getByRole('button', { name: `Cancel ${photos[0]?.name ?? ''}` }).click();
  await expect.poll(() => aborted).toEqual([`net::ERR_ABORTED ${sumOf(0)}`]);
  await expect(tray(page).locator('[data-state=cancelled]')).toContainText('Cancelled');
  await expect.poll(() => gate.waiting).toBe(4);
  // Paused ten times, more often than a file is tried.
  for (let i = 1; i <= 10; i++) {
    await tray(page).getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => aborted.length).toBe(1 + 4 * i);
    await expect(tray(page).locator('[data-state=uploading], [data-state=failed], [data-state=retrying]')).toHaveCount(0);
    await tray(page).getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => gate.waiting).toBe(4);
  }
  gate.let();
  await expect(tray(page).locator('[data-state=safe]')).toHaveCount(5, { timeout: 60_000 });
  await expect(tray(page).locator('[data-state=cancelled]')).toHaveCount(1);
  expect(sent.filter((sum) => sum === sumOf(0)), 'cancelled, and never sent again').toHaveLength(1);
});

test('Retry failed sends all that failed, and nothing else', async ({ page, user, watch }) => {
  watch.allow(403, /\/in\//);
  const photos = makePhotos(5, { seed: 61, small: true });
  const bad = new Set(photos.slice(0, 2).map((photo) => Buffer.from(photo.sha256, 'hex').toString('base64')));
  let refuse = true;
  const sent: string[] = [];
  await page.route(/\/in\//, (route) => {
    const request = route.request();
    const sum = request.headers()['x-amz-checksum-sha256'] ?? '';
    if (request.method() === 'PUT') sent.push(sum);
    return refuse && request.method() === 'PUT' && bad.has(sum) ? route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' }, body: '<Error/>' }) : route.continue();
  });
  await signIn(page, user);
  await choose(page, photos);
  await expect(tray(page).locator('[data-state=failed]')).toHaveCount(2);
  await expect(tray(page).locator('[data-state=failed]').first()).toContainText('S3 refused the upload (403)');
  await expect(tray(page).locator('[data-state=safe]')).toHaveCount(3, { timeout: 60_000 });
  refuse = false;
  sent.length = 0;
  await tray(page).getByRole('button', { name: 'Retry failed' }).click();
  await expect(tray(page).getByRole('heading')).toHaveText('All 5 photos are safe.', { timeout: 60_000 });
  expect(sent.sort()).toEqual([...bad].sort());
});
