// Sums for the tray and the chip. They always add up:
// found = safe + duplicate + received + active + waiting + failed + skipped + cancelled.
import type { Item } from './machine';

export interface Stats {
  found: number;
  safe: number;
  duplicate: number;
  received: number;
  active: number;
  waiting: number;
  failed: number;
  skipped: number;
  cancelled: number;
  /** Of everything that is to be kept. */
  bytes: number;
  sentBytes: number;
  safeBytes: number;
  /** Still to go over the wire. */
  bytesLeft: number;
}

export function stats(items: Iterable<Item>): Stats {
  const s: Stats = { found: 0, safe: 0, duplicate: 0, received: 0, active: 0, waiting: 0, failed: 0, skipped: 0, cancelled: 0, bytes: 0, sentBytes: 0, safeBytes: 0, bytesLeft: 0 };
  for (const item of items) {
    s.found++;
    switch (item.state) {
      case 'safe': s.safe++; break;
      case 'duplicate': s.duplicate++; break;
      case 'received': s.received++; break;
      case 'failed':
      case 'needs_file': s.failed++; break;
      case 'skipped': s.skipped++; continue;
      case 'cancelled': s.cancelled++; continue;
      case 'uploading':
      case 'hashing': s.active++; break;
      default: s.waiting++;
    }
    s.bytes += item.size;
    s.sentBytes += item.sentBytes;
    if (item.state === 'safe' || item.state === 'duplicate') s.safeBytes += item.size;
    else if (item.state !== 'received' && item.state !== 'failed' && item.state !== 'needs_file') s.bytesLeft += item.size - item.sentBytes;
  }
  return s;
}

/** Files whose bytes would be lost with this tab. */
export const leftToSend = (s: Stats): number => s.active + s.waiting;
export const isIdle = (s: Stats): boolean => s.active + s.waiting + s.received === 0;
