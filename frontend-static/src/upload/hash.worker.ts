// SHA-256 of a file: WebCrypto in one go up to 64 MB; above, in slices, so that memory stays small.
import { sha256 } from '@noble/hashes/sha2.js';

export type Ask = { file: Blob };
export type Answer = { bytes: number } | { sha: string } | { fault: string };

const WHOLE = 64 * 1024 * 1024;
const SLICE = 4 * 1024 * 1024;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const say = (answer: Answer): void => postMessage(answer);

async function digest(file: Blob): Promise<string> {
  if (file.size <= WHOLE) return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer())));
  const hash = sha256.create();
  for (let from = 0; from < file.size; from += SLICE) {
    hash.update(new Uint8Array(await file.slice(from, from + SLICE).arrayBuffer()));
    say({ bytes: Math.min(file.size, from + SLICE) });
  }
  return hex(hash.digest());
}

addEventListener('message', (event: MessageEvent<Ask>) => {
  digest(event.data.file).then(
    (sha) => say({ sha }),
    (error: unknown) => say({ fault: error instanceof Error ? error.name : 'Error' }),
  );
});
