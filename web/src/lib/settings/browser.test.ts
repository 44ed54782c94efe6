import { expect, test } from 'vitest';
import { browserName } from './browser';

test('a browser is recognised although its User-Agent names others too', () => {
  const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  const named = {
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/141.0 Safari/537.36 Edg/141.0`]: 'Edge · Windows',
    [`Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/141.0 Safari/537.36`]: 'Chrome · Linux',
    [`Mozilla/5.0 (Linux; Android 15) ${webkit} Chrome/141.0 Mobile Safari/537.36`]: 'Chrome · Android',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1': 'Safari · iOS',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0': 'Firefox · macOS'
  };
  for (const [userAgent, name] of Object.entries(named)) expect(browserName(userAgent)).toBe(name);
});

test('an unknown User-Agent has no name', () => {
  for (const userAgent of ['', 'curl/8.5', '<script>']) expect(browserName(userAgent)).toBe('');
});
