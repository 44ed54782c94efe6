// The site is static files that the gateway serves; any path it does not know gets index.html, and the router here takes over.
import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ fallback: 'index.html' }),
    // A hash for the one inline script that starts the site; every other script must come from our own origin.
    csp: { mode: 'hash', directives: { 'script-src': ['self'], 'object-src': ['none'], 'base-uri': ['none'] } },
    // Tabs that are open while a new build is deployed notice it and load the next page afresh.
    version: { pollInterval: 300_000 }
  }
};
