// The PUT, by XMLHttpRequest: fetch does not tell how much was sent.
import type { PresignedRequest } from '../api/types';
import type { PutOutcome } from './machine';
import { outcomeOf } from './outcome';

/** No progress for this long: given up and tried again. S3 may take its time once it has all bytes. */
const STALL_MS = 30_000;
const ANSWER_MS = 90_000;
/** The browser sets these itself and forbids setting them. */
const OWN = new Set(['content-length', 'host']);

export interface Put {
  done: Promise<PutOutcome>;
  abort(): void;
}

export function put(request: PresignedRequest, file: Blob, progress: (bytes: number) => void): Put {
  const xhr = new XMLHttpRequest();
  let stalled = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled = true;
      xhr.abort();
    }, ms);
  };

  const done = new Promise<PutOutcome>((resolve) => {
    const end = (outcome: PutOutcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    xhr.upload.onprogress = (event) => {
      watch(event.loaded >= file.size ? ANSWER_MS : STALL_MS);
      progress(event.loaded);
    };
    xhr.onload = () => end(outcomeOf(xhr.status));
    xhr.onabort = () => end(stalled ? { kind: 'again', failure: { code: 'stalled' } } : { kind: 'aborted' });
    xhr.onerror = () => {
      if (!navigator.onLine) return end({ kind: 'offline' });
      // A file that was moved or changed since it was dropped fails here too, without a word: look.
      file.slice(0, 1).arrayBuffer().then(
        () => end({ kind: 'again', failure: { code: 'network' } }),
        () => end({ kind: 'unreadable' }),
      );
    };
  });

  xhr.open(request.method, request.url);
  for (const [name, value] of Object.entries(request.headers)) if (!OWN.has(name.toLowerCase())) xhr.setRequestHeader(name, value);
  watch(STALL_MS);
  xhr.send(file);
  return { done, abort: () => xhr.abort() };
}
