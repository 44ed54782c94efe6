// What the gateway wrote into the head of the page that was loaded first. Browsers share a page by its canonical address, so it must
// not stay when the site goes on to another page.
const OF_THE_PAGE = [
  'link[rel=canonical]',
  'link[hreflang]',
  'meta[property^="og:"]',
  'meta[name=description]',
  'meta[name=robots]',
  'meta[name^="twitter:"]',
  'script[type="application/ld+json"]'
].join();

/** Offline and on slow networks the page may be the kept copy of the home page, whose addresses are not those of this page. */
export function forgetWrongFirstPage() {
  const canonical = document.querySelector<HTMLLinkElement>('link[rel=canonical]');
  if (canonical && new URL(canonical.href).pathname !== location.pathname) forgetFirstPage();
}

export function forgetFirstPage() {
  for (const element of document.head.querySelectorAll(OF_THE_PAGE)) element.remove();
}
