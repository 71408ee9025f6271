// Fails when src/api/schema.d.ts is not what openapi-typescript makes of docs/openapi.json.
import { readFileSync } from 'node:fs';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';

const made = COMMENT_HEADER + astToString(await openapiTS(new URL('../../docs/openapi.json', import.meta.url)));
const committed = readFileSync(new URL('../src/api/schema.d.ts', import.meta.url), 'utf8');
if (made.trim() !== committed.trim()) {
  console.error('src/api/schema.d.ts does not match docs/openapi.json: run `npm run api -w frontend-static`.');
  process.exit(1);
}
