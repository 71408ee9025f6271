// Configuration, who is here, the page.
import { mount } from 'svelte';
import { useTokens } from './api/client';
import App from './App.svelte';
import { session } from './auth/session.svelte';
import { loadConfig } from './config';
import { router } from './lib/router.svelte';
import { words } from './lib/strings';
import Over from './Over.svelte';
import Fatal from './screens/Fatal.svelte';
import './styles/index.css';
import { app } from './ui/app.svelte';

const target = document.getElementById('app') as HTMLElement;
const over = document.getElementById('over') as HTMLElement;

async function start(): Promise<void> {
  app.config = await loadConfig();
  useTokens(session);
  router.start(await session.start(app.config));
  mount(App, { target });
  mount(Over, { target: over });
}

start().catch((error: unknown) => {
  const problem = error instanceof Error ? error : new Error(String(error));
  mount(Fatal, { target, props: { problem, title: words.errors[problem.name === 'SecurityError' ? 'blocked' : 'config'], onretry: () => location.reload() } });
});
