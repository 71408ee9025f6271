import { expect, it } from 'vitest';
import { readConfig } from './config-guard';

const good = { version: '1.4.0', issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/x', client_id: 'c', scope: 'openid' };

it('takes what the page needs and nothing else', () => {
  expect(readConfig({ ...good, other: 1, storage_class: 'STANDARD' })).toEqual({ ...good, storage_class: 'STANDARD' });
  expect(readConfig({ ...good, issuer: 'http://localhost:8472' }).issuer).toBe('http://localhost:8472');
});

it.each([
  [null, 'not an object'],
  [{ ...good, client_id: '' }, 'lacks client_id'],
  [{ ...good, issuer: 'http://example.net' }, 'not an https address'],
  [{ ...good, issuer: 'javascript:alert(1)' }, 'not an https address'],
  [{ ...good, end_session_endpoint: 'http://example.net/out' }, 'not an https address'],
])('refuses %j', (value, words) => expect(() => readConfig(value)).toThrow(words));
