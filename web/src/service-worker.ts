/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />
/// <reference types="@sveltejs/kit" />
// Keeps the shell of the site (its scripts, styles and icons), so that it opens without a network. Nothing the API says is ever
// kept: what a member reads is as new as the server, or there is a notice instead.
import { build, files, version } from '$service-worker';
import { wayOf } from './lib/offline/answer';

const worker = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = 'matcha-';
// One cache per build: a page never gets half of one build and half of another.
const CACHE = PREFIX + version;
const SHELL = '/';
// A network that answers nothing must not look like a site that is broken.
const PATIENCE_MS = 4_000;

const built = new Set(build);
const filed = new Set(files);

// There is no skipWaiting: open pages keep the worker and the files of their own build until the last of them is closed.
worker.addEventListener('install', (event) => {
  event.waitUntil(keepShell());
});
worker.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});
worker.addEventListener('fetch', (event) => {
  const way = wayOf(event.request, worker.location.origin, built, filed);
  if (way === 'kept') event.respondWith(kept(event.request));
  if (way === 'fresh') event.respondWith(fresh(event.request));
  if (way === 'page') event.respondWith(page(event.request));
});

async function keepShell() {
  const cache = await caches.open(CACHE);
  // Not from the browser's own cache: it may still hold the files of the last build under names without a hash.
  const anew = [...files, SHELL].map((path) => new Request(path, { cache: 'reload' }));
  await cache.addAll([...build, ...anew]);
}

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  // Also the page that brought the worker: it must find its later files offline.
  await worker.clients.claim();
}

async function kept(request: Request): Promise<Response> {
  return (await inCache(request.url)) ?? fetch(request);
}

async function fresh(request: Request): Promise<Response> {
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
  return new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), PATIENCE_MS));
}

async function inCache(url: string): Promise<Response | undefined> {
  return (await caches.open(CACHE)).match(url, { ignoreVary: true });
}
