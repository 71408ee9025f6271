// Ways for files into the page, as a person has them.
import type { BrowserContext, Locator, Page, Request, Route } from '@playwright/test';

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
export async function dropPaths(page: Page, paths: readonly string[], on: { x: number; y: number; width: number; height: number } | null = null, meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    if (type === 'drop') await meanwhile();
    await session.send('Input.dispatchDragEvent', { type, x: on ? on.x + on.width / 2 : 400, y: on ? on.y + on.height / 2 : 400, data });
  }
  await session.detach();
}

/**
 * A gate between the page and S3: as many files as were let through are sent, the others wait at it, as they would on a
 * slow line. So a test is at a known point of an upload, on a fast machine and on a slow one.
 */
export class Gate {
  /** How many went through. */
  passed = 0;
  private queue: { request: Request; go: (through: boolean) => void }[] = [];

  private constructor(
    private room: number,
    private readonly astray: (request: Request) => string | undefined,
  ) {}

  /** `astray`: another address for a request that goes through. */
  static async at(target: Page | BrowserContext, room = 0, astray: (request: Request) => string | undefined = () => undefined): Promise<Gate> {
    const gate = new Gate(room, astray);
    // What the page gives up while it waits, because it is paused, reloaded or closed, takes nobody's place.
    (target as Page).on('requestfailed', (request) => gate.leave(request));
    await target.route(/\/in\//, (route) => gate.arrive(route));
    return gate;
  }

  get waiting(): number {
    return this.queue.length;
  }

  private async arrive(route: Route): Promise<void> {
    const request = route.request();
    if (request.method() === 'PUT') {
      if (this.room <= 0 && !(await new Promise<boolean>((go) => this.queue.push({ request, go })))) return;
      this.room--;
      this.passed++;
    }
    const url = request.method() === 'PUT' ? this.astray(request) : undefined;
    await route.continue(url === undefined ? {} : { url }).catch(() => undefined);
  }

  private leave(request: Request): void {
    for (const one of this.queue) if (one.request === request) one.go(false);
    this.queue = this.queue.filter((one) => one.request !== request);
  }

  /** Lets so many more through, or all of them. */
  let(more = Infinity): void {
    this.room += more;
    for (let free = this.room; free > 0; free--) {
      const next = this.queue.shift();
      if (!next) return;
      next.go(true);
    }
  }
}
