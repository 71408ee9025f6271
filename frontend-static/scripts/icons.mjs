// Makes src/assets/icons.svg from lucide-static (ISC): one symbol an icon, drawn with currentColor by the page's CSS.
// `node scripts/icons.mjs --check` fails when the committed file is not what this would write.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const NAMES = [
  'arrow-left', 'arrow-up', 'calendar', 'camera', 'check', 'chevron-down', 'chevron-left', 'chevron-right',
  'chevron-up', 'circle-alert', 'cloud-upload', 'copy', 'download', 'ellipsis-vertical', 'external-link',
  'file-image', 'file-question-mark', 'film', 'folder-search', 'folder-up', 'gauge', 'image', 'image-off', 'info',
  'keyboard', 'log-out', 'map-pin', 'minus', 'pause', 'play', 'receipt-text', 'rotate-ccw', 'shield-check',
  'square-check', 'trash-2', 'triangle-alert', 'undo-2', 'wifi-off', 'x', 'zoom-in', 'chevrons-up-down',
];

// Ours: received, a seal not yet closed. Twelve round-capped dashes of no length.
const OWN = {
  received: '<circle cx="12" cy="12" r="8.5" stroke-width="2.4" stroke-dasharray="0.01 4.44"/>',
};

const folder = join(dirname(createRequire(import.meta.url).resolve('lucide-static/package.json')), 'icons');
const body = (name) =>
  readFileSync(join(folder, `${name}.svg`), 'utf8')
    .replace(/<!--[^]*?-->/g, '')
    .replace(/<svg[^>]*>/, '')
    .replace('</svg>', '')
    .replace(/\s*\n\s*/g, '')
    .trim();

const symbols = [...NAMES.sort().map((name) => [name, body(name)]), ...Object.entries(OWN)].map(
  ([name, inner]) => `<symbol id="${name}" viewBox="0 0 24 24">${inner}</symbol>`,
);
const text = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`;
const target = new URL('../src/assets/icons.svg', import.meta.url);

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('src/assets/icons.svg is not up to date: run `npm run icons`.');
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
  console.log(`${symbols.length} icons, ${text.length} bytes`);
}
