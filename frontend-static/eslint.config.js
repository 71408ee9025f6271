import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default tseslint.config(
  { ignores: ['dist/', 'src/api/schema.d.ts', 'src/assets/'] },
  ...tseslint.configs.recommended,
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: tseslint.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
  },
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    rules: {
      // Names of people's files reach the page: they are text, never markup.
      'svelte/no-at-html-tags': 'error',
      // Own router: plain links, resolved by the click handler of App.
      'svelte/no-navigation-without-resolve': 'off',
      // Maps and sets here are internal; what the screen reads is a counter or a raw array.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  { files: ['scripts/**'], rules: { 'no-console': 'off' } },
);
