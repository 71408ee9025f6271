// Ways for files into the page, as a person has them.
import type { Locator, Page } from '@playwright/test';

export interface Named {
  name: string;
  bytes: Buffer;
}

export const tray = (page: Page): Locator => page.getByRole('complementary', { name: 'Uploads' });

export async function choose(page: Page, photos: readonly Named[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('u');
  await (await chooser).setFiles(photos.map(({ name, bytes }) => ({ name, mimeType: /\.jpe?g$/i.test(name) ? 'image/jpeg' : '', buffer: bytes })));
}

/** As if dragged from a file manager, one by one. */
export async function drop(page: Page, photos: readonly Named[]): Promise<void> {
  const data = photos.map(({ name, bytes }) => ({ name, body: bytes.toString('base64') }));
  await page.evaluate((list) => {
    const transfer = new DataTransfer();
    for (const { name, body } of list) transfer.items.add(new File([Uint8Array.from(atob(body), (c) => c.charCodeAt(0))], name, { type: 'image/jpeg', lastModified: Date.UTC(2026, 10, 2) }));
    for (const kind of ['dragenter', 'dragover', 'drop']) window.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, data);
}

/** Real files and folders of this machine, dropped by the browser itself. */
export async function dropPaths(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await session.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  await session.detach();
}
