// Errors of the API: RFC 9457 from our own code, `{"message"}` from API Gateway, anything from whatever is between.

/** rejected: asking again will not help. unavailable: it may. unauthorised: sign in again. */
export type Kind = 'rejected' | 'unavailable' | 'unauthorised' | 'offline';

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string | undefined,
    readonly kind: Kind,
    readonly instance: string | undefined = undefined,
    /** Seconds, from Retry-After. */
    readonly retryAfter: number | undefined = undefined,
  ) {
    super(detail ? `${title}: ${detail}` : title);
  }
}

export function kindOf(status: number): Kind {
  if (status === 0) return 'offline';
  if (status === 401) return 'unauthorised';
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'unavailable';
  return 'rejected';
}

const GENERIC: Record<string, string> = {
  offline: 'Tintype cannot be reached',
  unauthorised: 'You are signed out',
  unavailable: 'Tintype did not answer as it should',
  rejected: 'Tintype refused the request',
};

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 300) : undefined;

/** `body` is what came back, parsed if it was JSON. HTML and other pages are not shown to anyone. */
export function problemFrom(status: number, body: unknown, retryAfter?: string | null): ApiProblem {
  const kind = kindOf(status);
  const seconds = retryAfter && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const title = text(fields.title) ?? text(fields.message) ?? GENERIC[kind] ?? 'Error';
  return new ApiProblem(status, title, text(fields.detail), kind, text(fields.instance), seconds);
}

export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem(0, GENERIC.offline ?? '', undefined, 'offline');
}
