// The address at which the site continues after signing in.

// No page has this origin; it only stands in for the site's own.
const SITE = 'https://site.invalid';

/**
 * The wanted path if a browser stays on this site with it, or else home: any other address would be an open redirect. The browser's
 * own parser decides, because it drops tabs and line breaks and takes a backslash for a slash.
 */
export function nextPath(wanted: string | null): string {
  if (!wanted?.startsWith('/') || !URL.canParse(wanted, SITE)) return '/';
  const { origin, pathname, search, hash } = new URL(wanted, SITE);
  // A path such as `/.//other` is one of this site, but what is left of it is the address of another.
  return origin === SITE && !pathname.startsWith('//') ? pathname + search + hash : '/';
}
