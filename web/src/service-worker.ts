/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />
/// <reference types="@sveltejs/kit" />
// The service worker: caches the shell of the site (scripts, styles, icons), so that it opens offline. Answers of the API are
// never cached: offline, the page shows a notice instead of old data.
import { build, files, version } from '$service-worker';
import { strategyOf } from './lib/offline/strategy';

const worker = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = 'matcha-';
// One cache per build, so that a page never mixes files of two builds.
const CACHE = PREFIX + version;
const SHELL = '/';
// After this time without an answer the page is served from the cache.
const NETWORK_TIMEOUT_MS = 4_000;

const built = new Set(build);
const filed = new Set(files);

// No skipWaiting: open pages keep the worker and the files of their build until the last of them is closed.
worker.addEventListener('install', (event) => {
  event.waitUntil(keepShell());
});
worker.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});
worker.addEventListener('fetch', (event) => {
  const strategy = strategyOf(event.request, worker.location.origin, built, filed);
  if (strategy === 'cache-first') event.respondWith(cacheFirst(event.request));
  if (strategy === 'network-first') event.respondWith(networkFirst(event.request));
  if (strategy === 'page') event.respondWith(page(event.request));
});

async function keepShell() {
  const cache = await caches.open(CACHE);
  // Bypasses the HTTP cache, which may hold files of the last build whose names have no hash.
  const anew = [...files, SHELL].map((path) => new Request(path, { cache: 'reload' }));
  await cache.addAll([...build, ...anew]);
}

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  // Takes over the page that registered the worker, so that it finds its files offline.
  await worker.clients.claim();
}

async function cacheFirst(request: Request): Promise<Response> {
  return (await inCache(request.url)) ?? fetch(request);
}

async function networkFirst(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const known = await inCache(request.url);
    if (known) return known;
    throw error;
  }
}

async function page(request: Request): Promise<Response> {
  try {
    const answer = await Promise.race([fetch(request), outOfPatience()]);
    if (answer.status < 500) return answer;
    return (await inCache(SHELL)) ?? answer;
  } catch (error) {
    const shell = await inCache(SHELL);
    if (shell) return shell;
    throw error;
  }
}

function outOfPatience(): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), NETWORK_TIMEOUT_MS));
}

async function inCache(url: string): Promise<Response | undefined> {
  return (await caches.open(CACHE)).match(url, { ignoreVary: true });
}
