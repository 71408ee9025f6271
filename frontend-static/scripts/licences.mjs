// Licences of everything that npm installs, against a list; and public/THIRD_PARTY.txt against what the page is made of.
import { readFileSync } from 'node:fs';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const { packages } = JSON.parse(read('../../package-lock.json'));
const { dependencies } = JSON.parse(read('../package.json'));
const notices = read('../public/THIRD_PARTY.txt');

const ALLOWED = new Set(['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Zlib', '(MIT OR CC0-1.0)', 'MIT OR Apache-2.0', '(MIT OR Apache-2.0)']);
/** Tools that build and test, never shipped. */
const TOOLS = [
  [/^MPL-2\.0$/, /^(axe-core|@axe-core\/playwright|lightningcss(-[\w-]+)?)$/],
  [/^BlueOak-1\.0\.0$/, /./],
  [/^Python-2\.0$/, /^argparse$/],
  [/^CC-BY-4\.0$/, /^caniuse-lite$/],
];

const faults = [];
let count = 0;
for (const [path, { license, link, dev, devOptional, version }] of Object.entries(packages)) {
  if (!path.includes('node_modules/') || link) continue;
  count++;
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (ALLOWED.has(license)) continue;
  if ((dev || devOptional) && TOOLS.some(([licence, names]) => licence.test(license) && names.test(name))) continue;
  faults.push(`${name} ${version}: ${license ?? 'no licence given'}`);
}
for (const [name, version] of Object.entries(dependencies)) if (!notices.includes(`${name} ${version} (`)) faults.push(`public/THIRD_PARTY.txt lacks ${name} ${version}`);
for (const [, name] of notices.matchAll(/^([@a-z][\w./-]*) \d[\w.-]* \(/gm)) if (!(`node_modules/${name}` in packages)) faults.push(`public/THIRD_PARTY.txt: ${name} is not installed`);

if (faults.length) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(`licences of ${count} packages`);
