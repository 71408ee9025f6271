// What a file's row says. Received and safe never share a sign.
import { bytes, percent } from '../lib/figures';
import { typeLabel } from '../lib/format';
import { previewReason } from '../lib/reasons';
import { uploadsWords } from '../lib/strings-uploads';
import type { Failure, Item } from './machine';
import { SLOW_MS } from './queue';

export interface RowText {
  icon: string | null;
  tint: '' | 'safe' | 'danger' | 'warn';
  /** Said in the colour of the sign. */
  strong: string;
  text: string;
  /** 0 to 100, for the bar under an upload. */
  bar: number | null;
}

const LARGE = 64 * 1024 * 1024;

export function failureText(failure: Failure | undefined): string {
  const w = uploadsWords.failures;
  if (!failure) return '';
  switch (failure.code) {
    case 'server': return w.server(failure.status);
    case 'refused': return failure.words;
    default: return w[failure.code];
  }
}

const plain = (text: string, icon: string | null = null): RowText => ({ icon, tint: '', strong: '', text, bar: null });

export function rowText(item: Item, now: number): RowText {
  const s = uploadsWords.states;
  switch (item.state) {
    case 'queued':
    case 'ready': return plain(s.queued);
    case 'hashing': return plain(item.size > LARGE ? s.hashingPercent(percent(item.hashedBytes, item.size), bytes(item.size)) : s.hashing);
    case 'hashed':
    case 'checking':
    case 'signing':
    case 'signed': return plain(s.checking);
    case 'uploading': {
      const p = percent(item.sentBytes, item.size);
      return { ...plain(s.uploading(p, bytes(item.size))), bar: p };
    }
    case 'retrying': return plain(s.retrying(Math.max(1, Math.ceil(((item.retryAt ?? now) - now) / 1000)), failureText(item.failure)), 'rotate-ccw');
    case 'received': return item.waits ? { ...plain(s.waits, 'triangle-alert'), tint: 'warn' } : plain(now - (item.receivedAt ?? now) > SLOW_MS ? uploadsWords.uploads.slow : s.received, 'received');
    case 'safe':
    case 'duplicate': {
      const note = item.preview === 'none' ? s.safeNoPreview(previewReason(item.previewReason, typeLabel(item.name, item.type)).replace(/^./, (c) => c.toLowerCase())) : '';
      return { icon: 'shield-check', tint: 'safe', strong: item.state === 'safe' ? s.safe : s.already, text: note, bar: null };
    }
    case 'failed': return { icon: 'circle-alert', tint: 'danger', strong: s.failed, text: ` ${failureText(item.failure)}`, bar: null };
    case 'needs_file': return plain(s.needsFile, 'circle-alert');
    case 'skipped': return plain(s.skipped(uploadsWords.skips[item.skip ?? 'notPhoto']));
    case 'cancelled': return plain(s.cancelled);
  }
}

const RANK: Partial<Record<Item['state'], number>> = { failed: 0, needs_file: 0, uploading: 1, hashing: 1, retrying: 2, signing: 2, signed: 2, received: 4, skipped: 5, cancelled: 7 };

/** Failed, active, waiting, received, then what has ended, newest first. */
export function sorted(items: readonly Item[]): Item[] {
  const rank = (item: Item) => RANK[item.state] ?? (item.state === 'safe' || item.state === 'duplicate' ? 6 : 3);
  const index = new Map(items.map((item, i) => [item, i]));
  return [...items].sort((a, b) => {
    const ra = rank(a), rb = rank(b);
    const ia = index.get(a) ?? 0, ib = index.get(b) ?? 0;
    return ra !== rb ? ra - rb : ra >= 6 ? ib - ia : ia - ib;
  });
}
