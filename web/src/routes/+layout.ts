// One static page for every address: nothing is rendered on a server, everything comes from the gateway's API.
export const ssr = false;
export const prerender = false;
export const trailingSlash = 'never';
