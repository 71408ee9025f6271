// What an answer to a PUT means.
import type { PutOutcome } from './machine';

export function outcomeOf(status: number): PutOutcome {
  if (status >= 200 && status < 300) return { kind: 'received' };
  // If-None-Match: the object is there already. Its key holds the checksum that S3 compared: it is this file.
  if (status === 412) return { kind: 'received' };
  if (status === 403) return { kind: 'denied' };
  if (status === 400) return { kind: 'mismatch' };
  if (status === 429 || status === 503) return { kind: 'again', failure: { code: 'busy' } };
  // Our own S3 on one machine; AWS never says so.
  if (status === 507) return { kind: 'again', failure: { code: 'full' } };
  return { kind: 'again', failure: { code: 'server', status } };
}
