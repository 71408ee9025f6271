// Makes src/api/schema.d.ts from docs/openapi.json; with --check it fails when the committed file is another one.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';

const document = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));
// The page calls by path. Without names the operations stand where they are used.
for (const path of Object.values(document.paths)) for (const operation of Object.values(path)) if (operation) delete operation.operationId;

// What the document refers to and does not contain is a fault of the document: named here, unknown to the page.
const { schemas } = document.components;
for (const [, name] of JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g))
  if (!(name in schemas)) {
    console.warn(`docs/openapi.json lacks the schema ${name}`);
    schemas[name] = {};
  }

const made = COMMENT_HEADER + astToString(await openapiTS(document));
const target = new URL('../src/api/schema.d.ts', import.meta.url);
if (!process.argv.includes('--check')) writeFileSync(target, made);
else if (readFileSync(target, 'utf8') !== made) {
  console.error('src/api/schema.d.ts does not match docs/openapi.json: run `npm run api -w frontend-static`.');
  process.exit(1);
}
