// Files of which there is no picture to show, kept all the same; and what a camera, a name or a server says, never more
// than text.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { withExif } from './exif.ts';
import { expect, signIn, test } from './fixtures.ts';
import { drawing, makePhotos, sha256, type TestPhoto } from './jpeg.ts';
import { choose, drop, tray } from './tray.ts';

/** A box of ISO/IEC 14496-12; `more`: bytes that it claims and that do not follow. */
function box(name: string, body: Buffer | string, more = 0): Buffer {
  const bytes = Buffer.from(body as string, 'latin1');
  const head = Buffer.alloc(8, name);
  head.writeUInt32BE(8 + bytes.length + more);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, bytes]);
}

const whole = drawing(7210, 900, 600);
/** Behind the head of the scan, where the picture itself begins. */
const scan = whole.indexOf(Buffer.from([0xff, 0xda])) + 14;

const files: { name: string; bytes: Buffer; type: string; why: string; status: string }[] = [
  { name: 'IMG_0001.HEIC', bytes: Buffer.concat([box('ftyp', 'heic\0\0\0\0mif1heic'), box('mdat', 'the picture itself')]), type: 'HEIC', why: 'We cannot show HEIC yet', status: '2: We cannot show this type yet' },
  { name: 'IMG_0002.CR3', bytes: Buffer.concat([box('ftyp', 'crx \0\0\0\x01crx isom'), box('moov', Buffer.alloc(200, 7), 4_000_000)]), type: 'CR3', why: 'We cannot show CR3 yet', status: '2: We cannot show this type yet' },
  { name: 'torn.jpg', bytes: whole.subarray(0, scan), type: 'JPG', why: 'The file is damaged; we kept it as it is', status: '1: The file is damaged; we kept it as it is' },
  { name: 'letter.jpg', bytes: Buffer.from('Dear Ada, these are no pixels.\n'.repeat(20)), type: 'JPG', why: 'Not a picture that we can read', status: '1: Not a picture that we can read' },
];

test('HEIC, the head of a CR3, a JPEG without its picture and a text that calls itself one are safe, say why they show nothing, and come back byte for byte', async ({ page, user }) => {
  await signIn(page, user);
  // One that is cut in the middle of its picture shows the part that is there.
  const half = { name: 'half.jpg', bytes: whole.subarray(0, Math.floor(whole.length * 0.6)) };
  await choose(page, [...files, half]);
  await expect(tray(page).getByRole('heading')).toHaveText('All 5 photos are safe.', { timeout: 60_000 });
  const row = (name: string) => tray(page).getByRole('listitem').filter({ hasText: name });
  for (const { name, why } of files) await expect(row(name)).toContainText(`Safe, no preview: ${why.replace(/^./, (c) => c.toLowerCase())}`);
  await expect(row(half.name)).not.toContainText('no preview');
  await tray(page).getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('link', { name: '5 photos are safe. Show the status.' })).toBeVisible();

  await expect(page.locator(`[data-id="${sha256(half.bytes)}"] img.there`)).toBeVisible();
  for (const { name, bytes, type, why } of files) {
    const tile = page.locator(`[data-id="${sha256(bytes)}"]`);
    await expect(tile.locator('.type')).toHaveText(type);
    await expect(tile.locator('.name')).toHaveText(name);
    await expect(tile).toHaveAccessibleName(new RegExp(`, no preview, ${type} file, ${name}$`));
    await expect(tile.locator('img')).toHaveCount(0);
    await tile.click();
    const viewer = page.getByRole('dialog');
    await expect(viewer.getByText(`Kept as it is. ${why}.`)).toBeVisible();
    await expect(viewer.getByText('Safe', { exact: true })).toBeVisible();
    const download = page.waitForEvent('download');
    await viewer.getByRole('button', { name: 'Download original' }).last().click();
    const saved = await download;
    expect(saved.suggestedFilename()).toBe(name);
    expect(sha256(readFileSync(await saved.path()))).toBe(sha256(bytes));
    await page.keyboard.press('Escape');
    await expect(viewer).toHaveCount(0);
  }

  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await expect(page.getByText('1 with preview, 4 kept as they are')).toBeVisible();
  await page.getByText('Why some have no preview').click();
  for (const { status } of files) await expect(page.getByText(status)).toBeVisible();
});

const IMG = '<img src=x onerror=alert(1)>';

/** Nothing was made of it but text, and nothing is pushed out of the screen. */
async function expectText(page: Page, where: string): Promise<void> {
  expect(await page.locator('img[src=x], script:not([src])').count(), where).toBe(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), where).toBe(true);
}

test('what a hostile camera calls itself is text on the tile, in the viewer and in its panel', async ({ page, user, stack }) => {
  let alerts = 0;
  page.on('dialog', (dialog) => {
    alerts++;
    void dialog.dismiss();
  });
  const models = [IMG, '\u202egpj.SOE nonaC', '🙂'.repeat(300), '../../x', '<script>alert(2)</script>'];
  const photos: TestPhoto[] = models.map((model, i) => {
    const bytes = withExif(drawing(7220 + i, 300, 200), { make: '', model, original: `2024:05:14 1${i}:00:00` });
    return { name: `camera-${i}.jpg`, bytes, sha256: sha256(bytes), modified: new Date('2024-05-14T12:00:00Z') };
  });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user);
  await expect(page.locator('[data-id] img.there')).toHaveCount(photos.length);
  const panel = page.getByRole('region', { name: 'Info' });
  for (const [i, photo] of photos.entries()) {
    const { camera } = await api.call<{ camera?: { model?: string } }>('GET', `/photos/${photo.sha256}`);
    const said = camera?.model ?? '';
    // A hundred characters of it, and none that turn the others round.
    expect(said).toBe(Array.from((models[i] ?? '').replace('\u202e', '')).slice(0, 100).join(''));
    const tile = page.locator(`[data-id="${photo.sha256}"]`);
    expect(await tile.getAttribute('aria-label')).toContain(said);
    await tile.click();
    await expect(page.getByRole('dialog')).toBeVisible();
    if ((await panel.count()) === 0) await page.keyboard.press('i');
    await expect(panel.getByText(said, { exact: true })).toBeVisible();
    expect(await panel.evaluate((element) => element.scrollWidth <= element.clientWidth), said).toBe(true);
    await expectText(page, said);
    await page.keyboard.press('i');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
  expect(alerts).toBe(0);
});

test('reasons in a server’s own words are text: of a preview, of a refused upload, of an API that is down', async ({ page, user, stack, watch }) => {
  watch.allow(503, /^\/api\//);
  let alerts = 0;
  page.on('dialog', (dialog) => {
    alerts++;
    void dialog.dismiss();
  });
  const bytes = Buffer.from('no pixels either\n'.repeat(9));
  const plate: TestPhoto = { name: `${IMG}\u202egpj.exe.jpg`, bytes, sha256: sha256(bytes), modified: new Date('2026-05-14T12:00:00Z') };
  const api = await Api.of(stack, user);
  await api.upload([plate]);
  await api.settled([plate]);
  let down = false;
  await page.route(/\/api\/(photos(\?|\/[0-9a-f]{64}$)|me$)/, async (route) => {
    if (down) return route.fulfill({ status: 503, contentType: 'application/problem+json', json: { type: '/problems/unavailable', title: IMG, status: 503, instance: IMG } });
    const response = await route.fetch();
    const text = (await response.text()).replaceAll('"not_an_image"', JSON.stringify(IMG));
    return route.fulfill({ response, body: text });
  });
  await page.route('**/api/uploads', async (route) => {
    const { files: asked } = route.request().postDataJSON() as { files: { sha256: string }[] };
    await route.fulfill({ json: { results: asked.map((one) => ({ sha256: one.sha256, outcome: 'refused', reason: IMG, detail: IMG })) } });
  });
  await signIn(page, user);
  const tile = page.locator(`[data-id="${plate.sha256}"]`);
  await expect(tile.locator('.plate')).toHaveAttribute('title', plate.name);
  await tile.click();
  const viewer = page.getByRole('dialog');
  await expect(viewer.getByText(`Kept as it is. No preview (${IMG}).`)).toBeVisible();
  await page.keyboard.press('i');
  await expect(page.getByRole('region', { name: 'Info' }).getByText(`No preview (${IMG})`)).toBeVisible();
  await expectText(page, 'viewer');
  await page.keyboard.press('i');
  await page.keyboard.press('Escape');
  await expect(viewer).toHaveCount(0);

  await drop(page, makePhotos(1, { seed: 723, small: true }));
  await expect(tray(page).getByText(`Failed: ${IMG}`)).toBeVisible();
  await expectText(page, 'tray');

  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await page.getByText('Why some have no preview').click();
  await expect(page.getByText(`1: No preview (${IMG})`)).toBeVisible();
  await expectText(page, 'status');

  down = true;
  await page.goto('/');
  const fatal = page.getByRole('alert').filter({ hasText: 'Tintype cannot reach its API.' });
  await expect(fatal.getByText(`${IMG} · ${IMG}`)).toBeVisible({ timeout: 60_000 });
  await expectText(page, 'down');
  expect(alerts).toBe(0);
});
