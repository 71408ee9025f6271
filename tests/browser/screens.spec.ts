// Every screen, by axe, light and dark, wide and narrow; and what each says.
import { Api } from './api.ts';
import { expect, expectAccessible, signIn, still, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

const photos = makePhotos(12, { seed: 31, newest: new Date('2026-11-20T12:00:00Z'), days: 70 });
const odd = [
  { name: 'IMG_2041.CR3', bytes: Buffer.from('not really a raw file, but named like one'), modified: new Date('2026-11-02T10:00:00Z') },
  { name: '<img src=x onerror=alert(1)>.jpg', bytes: Buffer.from('no picture at all'), modified: new Date('2026-11-01T10:00:00Z') },
];

for (const colorScheme of ['light', 'dark'] as const)
  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }, { width: 320, height: 640 }]) {
    // 320 px once is enough: it is about cutting and scrolling, not about colour.
    if (viewport.width === 320 && colorScheme === 'dark') continue;
    test.describe(`${viewport.width} px, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme });

      test('is accessible on every screen and never scrolls sideways', async ({ page, user, stack, watch }) => {
        watch.allow(404, /^\/api\/photos\//);
        const check = async (screen: string) => {
          await page.mouse.move(0, 0);
          expect.soft(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${screen}: no sideways scroll`).toBe(true);
          await expectAccessible(page, screen);
        };
        const menu = async (name: string) => {
          await page.getByRole('button', { name: 'More' }).click();
          await page.getByRole('menuitem', { name, exact: true }).click();
        };
        await page.goto('/');
        await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
        await check('sign in');
        await signIn(page, user);
        await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
        await check('empty');

        const api = await Api.of(stack, user);
        await api.upload(photos);
        await api.settled(photos);
        await page.reload();
        const chooser = page.waitForEvent('filechooser');
        await page.getByRole('button', { name: 'Upload' }).click();
        await page.getByRole('menuitem', { name: 'Photos…' }).click();
        await (await chooser).setFiles([...odd.map(({ name, bytes }) => ({ name, mimeType: '', buffer: bytes })), { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') }, { name: 'again.jpg', mimeType: 'image/jpeg', buffer: photos[0]?.bytes ?? Buffer.alloc(0) }]);
        const tray = page.getByRole('complementary', { name: 'Uploads' });
        await expect(tray.getByText('Already safe', { exact: true })).toBeVisible();
        await expect(tray.getByText('Skipped: not a photo or video')).toBeVisible();
        await expect(tray.getByText(/^Safe, no preview/).first()).toBeVisible({ timeout: 60_000 });
        await check('tray');
        await tray.getByRole('button', { name: 'Close' }).click();

        await expect(page.locator('[data-id]').first()).toBeVisible();
        await expect(page.locator('.timeline .tile img:not(.there)')).toHaveCount(0);
        await still(page);
        await check('timeline');
        await page.locator('[data-id]').first().focus();
        await page.keyboard.press('Space');
        await page.keyboard.press('Shift+ArrowRight');
        await expect(page.getByText('2 selected')).toBeVisible();
        await check('selection');
        await page.keyboard.press('Delete');
        await expect(page.getByText('2 photos moved to trash')).toBeVisible();

        await page.locator('[data-id]').first().press('Enter');
        await expect(page.getByRole('dialog')).toBeVisible();
        await still(page);
        await check('viewer');
        await page.keyboard.press('i');
        await expect(page.getByRole('region', { name: 'Info' })).toBeVisible();
        await check('viewer with info');
        await page.keyboard.press('i');
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog')).toHaveCount(0);

        await page.goto('/trash');
        await expect(page.getByText(/^30 days/).first()).toBeVisible();
        await check('trash');
        await page.getByRole('button', { name: /^Empty/ }).click();
        await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
        await check('empty-trash dialog');
        await page.keyboard.press('Escape');

        await page.goto('/status');
        await expect(page.getByRole('heading', { level: 1 })).toContainText('photos');
        await check('status');
        await menu('Keyboard shortcuts');
        await expect(page.getByRole('dialog')).toBeVisible();
        await check('shortcuts');
        await page.keyboard.press('Escape');
        await page.goto('/nowhere');
        await expect(page.getByRole('heading', { name: 'There is nothing at this address.' })).toBeVisible();
        await check('not found');
        await page.goto(`/photo/${'0'.repeat(64)}`);
        await expect(page.getByRole('heading', { name: 'This photo does not exist' })).toBeVisible();
        await check('no such photo');
      });
    });
  }
