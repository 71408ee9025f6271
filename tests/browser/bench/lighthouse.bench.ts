// Lighthouse on the built page, served by the real process under its real policy. `make lighthouse`.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, expect, test } from '@playwright/test';
import { Api } from '../api.ts';
import { makePhotos } from '../jpeg.ts';
import { root, Stack } from '../stack.ts';

interface Category {
  score: number | null;
}
interface Report {
  lhr: { categories: Record<string, Category>; audits: Record<string, { score: number | null; title: string; displayValue?: string; scoreDisplayMode: string }> };
}
type Lighthouse = (url: string, flags: object, config: object) => Promise<Report>;

const LEAST = 95;
const RUNS = 3;
const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });

test('lighthouse', async () => {
  const { default: lighthouse } = (await import(join(root, 'target/lighthouse/node_modules/lighthouse/core/index.js'))) as { default: Lighthouse };
  const { default: desktop } = (await import(join(root, 'target/lighthouse/node_modules/lighthouse/core/config/desktop-config.js'))) as { default: object };
  const stack = await Stack.start();
  const port = await freePort();
  const profile = mkdtempSync(join(tmpdir(), 'tintype-lighthouse-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', baseURL: stack.addresses.page, locale: 'en-GB',
    args: ['--no-sandbox', '--disable-gpu', `--remote-debugging-port=${port}`],
  });
  const lines: string[] = [];
  let worst = 100;
  try {
    const measure = async (name: string, path: string, categories: string[]) => {
      for (const [form, config] of [['mobile', { extends: 'lighthouse:default' }], ['desktop', desktop]] as const) {
        const scores = new Map<string, number[]>();
        const bad = new Set<string>();
        for (let i = 0; i < RUNS; i++) {
          const { lhr } = await lighthouse(stack.addresses.page + path, { port, onlyCategories: categories, disableStorageReset: true, logLevel: 'error' }, config);
          for (const [category, { score }] of Object.entries(lhr.categories)) scores.set(category, [...(scores.get(category) ?? []), Math.round((score ?? 0) * 100)]);
          for (const audit of Object.values(lhr.audits)) if (audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode !== 'informative') bad.add(`${audit.title}${audit.displayValue ? ` (${audit.displayValue})` : ''}`);
        }
        const result = [...scores].map(([category, list]) => `${category} ${median(list)}`);
        worst = Math.min(worst, ...[...scores.values()].map(median));
        lines.push(`${name}, ${form}: ${result.join(', ')}${bad.size ? `\n    below 90: ${[...bad].join('; ')}` : ''}`);
        console.log(lines.at(-1));
      }
    };
    const all = ['performance', 'accessibility', 'best-practices'];
    await measure('sign-in', '/', [...all, 'seo']);

    const photos = makePhotos(500, { seed: 9, small: true, days: 400 });
    const api = await Api.of(stack, 'ada');
    await api.upload(photos);
    await api.settled(photos);
    const page = await context.newPage();
    await page.goto('/');
    await page.getByLabel('Keep me signed in on this device').check();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('input[name=name]').fill('ada');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.locator('[data-id] img.there').first()).toBeVisible();
    await page.close();
    await measure('timeline of 500 photos', '/', all);
    await measure('status', '/status', all);
  } finally {
    await context.close();
    await stack.stop();
    rmSync(profile, { recursive: true, force: true });
  }
  expect(worst, lines.join('\n')).toBeGreaterThanOrEqual(LEAST);
});
