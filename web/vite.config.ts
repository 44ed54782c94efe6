// `npm run dev` serves the site with live reload and passes API calls on to a running gateway.
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

const gateway = process.env.MATCHA_GATEWAY ?? 'http://localhost:8080';

export default defineConfig({
  plugins: [sveltekit()],
  server: { proxy: { '/api': gateway, '/graphql': gateway } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' }
});
