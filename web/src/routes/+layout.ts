// A single-page application: no server-side rendering, all data comes from the gateway's API.
export const ssr = false;
export const prerender = false;
export const trailingSlash = 'never';
