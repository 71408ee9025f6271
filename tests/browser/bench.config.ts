import { defineConfig } from '@playwright/test';
import base from './playwright.config.ts';

// `make bench-page`: measured, not asserted on the way; long.
export default defineConfig({ ...base, testDir: 'bench', testMatch: '*.bench.ts', timeout: 3_600_000, use: { ...base.use, trace: 'off' } });
