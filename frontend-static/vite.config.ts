import { readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

interface Modules {
  getModuleInfo(id: string): { isEntry: boolean; importers: readonly string[] } | null;
}

/** Whether a module comes with index.html: it is, or is imported by, what is imported without a wait. */
function atOnce(id: string, modules: Modules, seen = new Set<string>()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const info = modules.getModuleInfo(id);
  return info !== null && (info.isEntry || info.importers.some((importer) => atOnce(importer, modules, seen)));
}

/** docs/RESTORE.md as a text beside the page: what to do about a lost photo is one click away from where it is said. */
const restore = {
  name: 'restore',
  generateBundle(this: { emitFile(file: { type: 'asset'; fileName: string; source: string }): unknown }) {
    const text = readFileSync(new URL('../docs/RESTORE.md', import.meta.url), 'utf8');
    // The mark at its beginning tells a browser that it is UTF-8, whatever the server says.
    this.emitFile({ type: 'asset', fileName: 'RESTORE.txt', source: `\uFEFF${text}` });
  },
};

export default defineConfig({
  plugins: [svelte(), restore],
  build: {
    target: 'es2022',
    // Everything is a file of its own: the page's content security policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        // What is needed at once is one file, not ten: it compresses better, and they would all be waited for anyway.
        codeSplitting: { groups: [{ name: (id, modules) => (atOnce(id, modules) ? 'first' : null) }] },
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  worker: { format: 'es' },
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts'],
    // Fixed, so that headings and sums read the same on every machine.
    env: { TZ: 'Europe/Vienna', LANG: 'en_GB.UTF-8' },
  },
});
