// A single-page application: the gateway serves the static files, and index.html for every path that is no file.
import adapter from '@sveltejs/adapter-static';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

// The inline script of app.html, which applies the stored theme and language before the first paint.
const [, beforePaint = ''] = /<script>([^]*?)<\/script>/.exec(readFileSync('src/app.html', 'utf8')) ?? [];
/** @type {`sha256-${string}`} */
const beforePaintHash = `sha256-${createHash('sha256').update(beforePaint).digest('base64')}`;

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ fallback: 'index.html' }),
    // Inline, so that the first paint waits for one answer and not for eight more files.
    inlineStyleThreshold: 1_000_000,
    // The hashes allow the two inline scripts; SvelteKit adds that of its own. All other scripts must come from the site's origin.
    csp: { mode: 'hash', directives: { 'script-src': ['self', beforePaintHash], 'object-src': ['none'], 'base-uri': ['none'] } },
    // Polls for a new build, so that a tab that was open during a deployment loads the next page from the server.
    version: { pollInterval: 300_000 }
  }
};
