// Ways about the page without a mouse, without much room, with large letters; what it is to those who do not see it; and
// ways in and through time that lead nowhere, or somewhere else.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, still, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { drop, tray } from './tray.ts';

const seed = async (stack: Parameters<typeof Api.of>[0], user: string, photos: ReturnType<typeof makePhotos>) => {
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
};

test('a sign-in link that was used is of no use again, and one that was refused can be tried again', async ({ page, user }) => {
  const callbacks: string[] = [];
  page.on('request', (request) => request.url().includes('/callback?') && callbacks.push(request.url()));
  await signIn(page, user);
  expect(callbacks).toHaveLength(1);
  await page.goto(callbacks[0] ?? '/');
  await expect(page.getByRole('alert').filter({ hasText: 'This sign-in link was not started here.' })).toBeVisible();
  expect(page.url()).not.toContain('code=');
  await page.goto('/callback?error=access_denied&error_description=%3Cimg%20src=x%3E&state=z');
  await page.getByRole('button', { name: 'Try again' }).click();
  // The issuer still knows who it is.
  await expect(page.getByRole('button', { name: 'More' })).toBeVisible();
});

test('a jump to a day with photos, to an empty one, before the oldest and behind the newest', async ({ page, user, stack }) => {
  const photos = makePhotos(90, { seed: 331, small: true, newest: new Date('2026-06-28T12:00:00Z'), days: 900 });
  await seed(stack, user, photos);
  await signIn(page, user);
  await expect(page.locator('[data-id]').first()).toBeVisible();
  const days = photos.map(({ modified }) => modified.toISOString().slice(0, 10)).sort();
  const [oldest = '', newest = ''] = [days[0], days.at(-1)];
  const jump = async (day: string) => {
    await page.keyboard.press('g');
    const field = page.getByLabel('Show photos from');
    await field.fill(day);
    await page.keyboard.press('Enter');
    await expect(field).toBeHidden();
  };
  const focusedDay = () => page.evaluate(() => /\d+ \w+ \d{4}/.exec((document.activeElement as HTMLElement).getAttribute('aria-label') ?? '')?.[0] ?? '');
  const plain = (day: string) => new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
  const some = days[40] ?? '';
  await jump(some);
  await expect.poll(focusedDay).toBe(plain(some));
  // No photo on the day itself: the next older one.
  const empty = new Date(Date.parse(`${days[20]}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  expect(days).not.toContain(empty);
  await jump(empty);
  await expect.poll(focusedDay).toBe(plain(days[20] ?? ''));
  await jump('1985-01-01');
  await expect.poll(focusedDay).toBe(plain(oldest));
  await jump('2031-01-01');
  await expect.poll(focusedDay).toBe(plain(newest));
});

/** What has the focus is to be seen, and shows it. */
async function expectFocusSeen(page: Page, where: string): Promise<void> {
  const seen = await page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    // An entry of a menu has a ground of its own.
    const ring = (style: CSSStyleDeclaration) => (element.role === 'menuitem' && style.backgroundColor !== 'rgba(0, 0, 0, 0)') || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    const box = element.getBoundingClientRect();
    return { body: element === document.body, ring: ring(getComputedStyle(element)) || ring(getComputedStyle(element, '::after')), inView: box.bottom > 0 && box.top < innerHeight, what: element.outerHTML.slice(0, 120) };
  });
  expect(seen.body, `${where}: the focus is somewhere`).toBe(false);
  expect(seen.inView, `${where}: ${seen.what}`).toBe(true);
  expect(seen.ring, `${where}: it shows (${seen.what})`).toBe(true);
}

test('the keyboard alone: in, through the grid, selecting, to the trash and back, the viewer, upload, status, out', async ({ page, user, stack }) => {
  await seed(stack, user, makePhotos(12, { seed: 332, small: true, newest: new Date('2026-06-28T12:00:00Z'), days: 4 }));
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(12);
  const press = async (key: string, where = key) => {
    await page.keyboard.press(key);
    await still(page);
    await expectFocusSeen(page, where);
  };
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await press('Tab', 'the skip link');
  await expect(page.locator(':focus')).toHaveText('Skip to photos');
  await page.keyboard.press('Enter');
  await expect(page.locator(':focus')).toHaveAttribute('data-id', /./);
  await press('ArrowRight');
  const first = await page.locator(':focus').getAttribute('data-id');
  await press('Space');
  await press('Shift+ArrowRight');
  await press('Shift+ArrowRight');
  await expect(page.getByText('3 selected')).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(page.getByText('3 photos moved to trash')).toBeVisible();
  await expect(page.locator('[data-id]')).toHaveCount(9);
  await expect(page.locator(':focus')).toHaveAttribute('data-id', /./);
  await expectFocusSeen(page, 'after the trash');
  await page.keyboard.press('Control+z');
  await expect(page.locator('[data-id]')).toHaveCount(12);

  await page.locator(`[data-id="${first}"]`).focus();
  await page.keyboard.press('Enter');
  const viewer = page.getByRole('dialog');
  await expect(viewer).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/photo/${first}$`));
  await page.keyboard.press('ArrowRight');
  await expect(page).not.toHaveURL(new RegExp(`/photo/${first}$`));
  await page.keyboard.press('i');
  await expect(page.getByRole('region', { name: 'Info' })).toBeVisible();
  // Round within the viewer, and never out of it.
  for (let i = 0; i < 14; i++) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null || document.activeElement === document.body), `Tab ${i}`).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(page.getByRole('region', { name: 'Info' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(viewer).toHaveCount(0);
  await expect(page.locator(':focus')).toHaveAttribute('data-id', /./);
  await expectFocusSeen(page, 'after the viewer');

  // The menus.
  await page.getByRole('button', { name: 'Upload' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Photos…' })).toBeFocused();
  await press('ArrowDown', 'the upload menu');
  await expect(page.getByRole('menuitem', { name: 'Folder…' })).toBeFocused();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  await page.keyboard.press('End');
  await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeFocused();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Status', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await page.getByRole('button', { name: 'More' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
});

test.describe('a narrow screen with letters twice as large', () => {
  test.use({ viewport: { width: 320, height: 640 }, hasTouch: true });

  test('no screen scrolls sideways, and every sign is to be seen', async ({ page, user, stack }) => {
    await page.addInitScript(() => document.addEventListener('DOMContentLoaded', () => document.documentElement.style.setProperty('font-size', '200%')));
    /** What has words and reaches out of the screen, other than what scrolls by itself or is cut on purpose. */
    const expectFits = async (where: string) => {
      await still(page);
      const out = await page.evaluate(() => {
        const cut = (element: Element) => {
          for (let up: Element | null = element; up; up = up.parentElement) {
            const style = getComputedStyle(up);
            if (style.textOverflow === 'ellipsis' || style.visibility === 'hidden' || style.opacity === '0' || up.classList.contains('hidden') || up.classList.contains('skip')) return true;
          }
          return false;
        };
        const visible = [...document.querySelectorAll('button, a, h1, h2, p, li, label, dd')].filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 0);
        return {
          wide: document.documentElement.scrollWidth - innerWidth,
          beyond: visible.filter((element) => !cut(element) && (element.getBoundingClientRect().right > innerWidth + 1 || element.getBoundingClientRect().left < -1)).map((element) => `${element.tagName} ${element.textContent?.trim().slice(0, 30) ?? ''}`),
        };
      });
      expect.soft(out, where).toEqual({ wide: 0, beyond: [] });
    };
    await page.goto('/');
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
    await expectFits('sign in');
    await signIn(page, user);
    await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
    await expectFits('the empty library');
    const photos = makePhotos(7, { seed: 333, small: true });
    await seed(stack, user, photos.slice(0, 6));
    await page.reload();
    await expect(page.locator('[data-id]')).toHaveCount(6);
    await expect(page.locator('.chip use').first()).toBeVisible();
    await expectFits('the timeline');
    await drop(page, photos);
    await expect(tray(page).getByText(/All 7 photos are safe|safe/).first()).toBeVisible();
    await expect(tray(page).locator('[data-state=safe], [data-state=duplicate]')).toHaveCount(7, { timeout: 60_000 });
    await expectFits('the tray');
    await tray(page).getByRole('button', { name: 'Close' }).click();
    await page.locator('[data-id]').first().click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await expectFits('the viewer');
    await page.keyboard.press('i');
    await expect(page.getByRole('region', { name: 'Info' })).toContainText('Safe since');
    await expectFits('the panel');
    await page.goto('/status');
    await expect(page.getByRole('heading', { level: 1 })).toContainText('7 photos');
    await expectFits('the status');
    await page.goto('/trash');
    await expect(page.getByText('The trash is empty.')).toBeVisible();
    await expectFits('the trash');
  });
});

test('to a screen reader: the tray is a region with its progress and a list, the viewer a dialog with its name', async ({ page, user }) => {
  await signIn(page, user);
  await drop(page, makePhotos(2, { seed: 334, small: true }));
  await expect(tray(page).getByRole('heading')).toHaveText('All 2 photos are safe.', { timeout: 60_000 });
  await expect(tray(page)).toMatchAriaSnapshot(`
    - complementary "Uploads":
      - heading "All 2 photos are safe." [level=2]
      - button "Collapse" [expanded]
      - button "Close"
      - progressbar "Uploads"
      - text: /100 %/
      - list:
        - listitem: /photo-334-\\d+\\.jpg Safe/
        - listitem: /photo-334-\\d+\\.jpg Safe/
  `);
  await tray(page).getByRole('button', { name: 'Close' }).click();
  await page.locator('[data-id]').first().click();
  await expect(page.getByRole('dialog')).toHaveAccessibleName(/^Photo, 2 November 2026, \d+:\d+$/);
  await page.keyboard.press('i');
  await expect(page.getByRole('dialog')).toMatchAriaSnapshot(`
    - dialog /Photo, 2 November 2026/:
      - button "Back to photos"
      - text: /Monday 2 November 2026.* Safe/
      - button "Zoom"
      - button "Info" [pressed]
      - button "Download original"
      - button "Move to trash"
      - button "Older photo"
      - region "Info":
        - heading "Info" [level=2]
        - button "Close info"
        - text: /Safe since/
        - paragraph: /Stored bytes matched size and SHA-256\\./
        - text: SHA-256
        - code
        - button "Copy"
        - button "Download receipt"
  `);
});
