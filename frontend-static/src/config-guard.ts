// /config.json: what the page must know before it can sign anyone in. No secrets.

export interface Config {
  version: string;
  issuer: string;
  client_id: string;
  scope: string;
  end_session_endpoint?: string;
  revocation_endpoint?: string;
  storage_class?: string;
}

export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem';
}

export function readConfig(value: unknown): Config {
  if (typeof value !== 'object' || value === null) throw new ConfigProblem('config.json is not an object');
  const fields = value as Record<string, unknown>;
  const need = (name: string): string => {
    const field = fields[name];
    if (typeof field !== 'string' || field === '') throw new ConfigProblem(`config.json lacks ${name}`);
    return field;
  };
  const may = (name: string): string | undefined => (typeof fields[name] === 'string' && fields[name] !== '' ? (fields[name] as string) : undefined);
  const address = (name: string, text: string): string => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (!url || (url.protocol !== 'https:' && !isLoopback(url))) throw new ConfigProblem(`config.json: ${name} is not an https address`);
    return text;
  };
  const config: Config = {
    version: need('version'),
    issuer: address('issuer', need('issuer')),
    client_id: need('client_id'),
    scope: need('scope'),
  };
  for (const name of ['end_session_endpoint', 'revocation_endpoint'] as const) {
    const text = may(name);
    if (text) config[name] = address(name, text);
  }
  const storage = may('storage_class');
  if (storage) config.storage_class = storage;
  return config;
}

/** Plain http is for the machine one sits at, and nothing else. */
export function isLoopback(url: URL): boolean {
  return url.protocol === 'http:' && (url.hostname === 'localhost' || url.hostname === '127.0.0.1');
}
