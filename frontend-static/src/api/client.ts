// The typed client: bearer token, one refresh on 401, errors as ApiProblem.
import createClient from 'openapi-fetch';
import { ApiProblem, asProblem, problemFrom } from './problem';
import type { paths } from './schema';

export interface TokenSource {
  token(): Promise<string | null>;
  /** After a 401: forget this token and get another, or null when the session has ended. */
  renew(stale: string): Promise<string | null>;
}

let tokens: TokenSource | null = null;
export const useTokens = (source: TokenSource): void => void (tokens = source);

async function authorised(request: Request): Promise<Response> {
  const token = await tokens?.token();
  if (!token) throw new ApiProblem(401, 'You are signed out', undefined, 'unauthorised');
  const spare = request.clone();
  request.headers.set('Authorization', `Bearer ${token}`);
  const response = await fetch(request);
  if (response.status !== 401) return response;
  const fresh = await tokens?.renew(token);
  if (!fresh) return response;
  spare.headers.set('Authorization', `Bearer ${fresh}`);
  return fetch(spare);
}

export const api = createClient<paths>({ baseUrl: '', fetch: authorised });

/** The answer, or the problem thrown. */
export async function ok<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let answer;
  try {
    answer = await call;
  } catch (error) {
    throw error instanceof DOMException && error.name === 'AbortError' ? error : asProblem(error);
  }
  if (!answer.response.ok) throw problemFrom(answer.response.status, answer.error, answer.response.headers.get('retry-after'));
  return answer.data as T;
}
