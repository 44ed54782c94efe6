// What the gateway wrote into the head of the page that was loaded first. Browsers share a page by its canonical address, so it must
// not stay when the site goes on to another page.
const OF_THE_PAGE = [
  'link[rel=canonical]',
  'link[hreflang]',
  'meta[property^="og:"]',
  'meta[name=robots]',
  'script[type="application/ld+json"]'
].join();

export function forgetFirstPage() {
  for (const element of document.head.querySelectorAll(OF_THE_PAGE)) element.remove();
}
