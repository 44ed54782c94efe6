// ESLint for the site and, through tests/web/eslint.config.js, for its browser tests. Prettier formats the code.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

// Rules beyond the recommended ones, for mistakes that no other check finds.
const rules = {
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }]
};
// Rules that need types. The recommended ones of this kind, such as no-floating-promises, find a missing `await`.
const typedRules = {
  '@typescript-eslint/no-unnecessary-condition': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': 'error',
  // Allows `setTimeout(async () => …)`, with which the site polls.
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
  // Numbers and null are readable in a message.
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowNullish: true }]
};

/** @param {string} folder the one with the tsconfig.json */
const typed = (folder) => ({
  extends: [ts.configs.recommendedTypeCheckedOnly],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: folder } },
  rules: typedRules
});

/** @param {string} folder the one with the tests */
export const browserTests = (folder) =>
  defineConfig(
    { ignores: ['test-results', 'node_modules'] },
    js.configs.recommended,
    ts.configs.recommended,
    { languageOptions: { globals: { ...globals.node, ...globals.browser } }, rules },
    { files: ['*.ts'], ...typed(folder) }
  );

export default defineConfig(
  { ignores: ['build', '.svelte-kit', 'node_modules', 'static', 'src/lib/api/schema.d.ts'] },
  js.configs.recommended,
  ts.configs.recommended,
  svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      ...rules,
      // The gateway serves the site at the root, so paths need no base path.
      'svelte/no-navigation-without-resolve': 'off'
    }
  },
  // Components are left out: with types, each takes half a second, and svelte-check has checked their types already.
  // SvelteKit keeps the service worker out of the site's TypeScript project.
  { files: ['src/**/*.ts'], ignores: ['src/service-worker.ts'], ...typed(import.meta.dirname) },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } }
  }
);
