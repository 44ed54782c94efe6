// A single-page application: the gateway serves the static files, and index.html for every path that is no file.
import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ fallback: 'index.html' }),
    // The hash allows the one inline script, which starts the site. All other scripts must come from the site's origin.
    csp: { mode: 'hash', directives: { 'script-src': ['self'], 'object-src': ['none'], 'base-uri': ['none'] } },
    // Polls for a new build, so that a tab that was open during a deployment loads the next page from the server.
    version: { pollInterval: 300_000 }
  }
};
