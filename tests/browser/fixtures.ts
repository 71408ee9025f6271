// Every test fails on a console error or warning, an uncaught error, a breach of the content security policy, an
// answer of 400 or more that it did not announce, and any request to a foreign host.
import { test as base, expect, type Page } from '@playwright/test';
import AxeBuilder from '@axe-core/playwright';
import { Stack } from './stack.ts';

export { expect };

export interface Watch {
  /** Answers that this test provokes: `401 /api/me`. */
  allow(status: number, path: RegExp): void;
  /** Words in the console that this test provokes. */
  allowConsole(words: RegExp): void;
}

interface Fixtures {
  watch: Watch;
  user: string;
}

let users = 0;

export const test = base.extend<Fixtures, { stack: Stack }>({
  stack: [
    async ({}, use) => {
      const stack = await Stack.start();
      await use(stack);
      await stack.stop();
    },
    { scope: 'worker', timeout: 180_000 },
  ],

  baseURL: async ({ stack }, use) => use(stack.addresses.page),

  /** Each test has its own person, and so its own library. */
  user: async ({}, use) => use(`ada-${++users}-${Date.now().toString(36)}`),

  watch: [
    async ({ context, stack }, use) => {
      const faults: string[] = [];
      const allowed: [number, RegExp][] = [];
      const words: RegExp[] = [];
      const own = [stack.addresses.page, stack.addresses.s3, stack.addresses.issuer];
      await context.addInitScript(() =>
        addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`)),
      );
      context.on('console', (message) => {
        // Chromium logs each failed request too; those are judged below, by status.
        if (message.type() !== 'error' && message.type() !== 'warning') return;
        if (message.text().startsWith('Failed to load resource')) return;
        if (!words.some((word) => word.test(message.text()))) faults.push(`console ${message.type()}: ${message.text()}`);
      });
      context.on('weberror', (error) => faults.push(`uncaught: ${error.error().message}`));
      context.on('request', (request) => {
        const url = request.url();
        if (!/^(data|blob):/.test(url) && !own.some((origin) => url.startsWith(`${origin}/`))) faults.push(`foreign: ${url}`);
      });
      context.on('response', (response) => {
        const { pathname } = new URL(response.url());
        if (response.status() >= 400 && !allowed.some(([status, path]) => status === response.status() && path.test(pathname)))
          faults.push(`${response.status()} ${response.request().method()} ${pathname}`);
      });
      await use({ allow: (status, path) => allowed.push([status, path]), allowConsole: (word) => words.push(word) });
      expect(faults, 'nothing may go wrong behind the scenes').toEqual([]);
    },
    { auto: true },
  ],
});

export async function signIn(page: Page, user: string, path = '/'): Promise<void> {
  // The browser is told to hand its file dialogs to the test while anybody listens. A test that only begins to listen as
  // it presses the key may be too late, and wait for a dialog that was shown to nobody.
  page.on('filechooser', () => undefined);
  await page.goto(path);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('input[name=name]').fill(user);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'More' })).toBeVisible();
}

/** Nothing fades, zooms or slides any more. What turns for ever, as a sign of waiting, is not waited for. */
export const still = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity));

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export async function expectAccessible(page: Page, screen = 'the screen'): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  expect.soft(violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.slice(0, 3).map((node) => `${node.target.join(' ')}: ${node.failureSummary ?? ''}`) })), `${screen} by axe`).toEqual([]);
}
