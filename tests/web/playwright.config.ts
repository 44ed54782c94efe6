// End-to-end tests of the site against a running, seeded cluster, without mocks. No browser is downloaded.
//   MATCHA_URL         where the gateway listens (default: the test cluster, http://localhost:18080)
//   CHROMIUM           the browser (default: the first of BROWSERS that is there)
//   MATCHA_DEMO_PASSWORD  the demo member's password; the tests that need it are skipped without
import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';

// The first has no window and draws in less time.
const BROWSERS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  timeout: 45_000,
  expect: { timeout: 10_000 },
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  // A build machine may stall for seconds. A test that passes only on the second try is reported as flaky.
  retries: process.env.CI ? 1 : 0,
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    baseURL: process.env.MATCHA_URL ?? 'http://localhost:18080',
    locale: 'ko-KR',
    viewport: { width: 1320, height: 900 },
    trace: 'retain-on-failure',
    // Playwright cannot intercept the requests of a service worker. Only offline.spec.ts, which tests it, allows it.
    serviceWorkers: 'block',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? BROWSERS.find(existsSync),
      // Chromium refuses its sandbox to root, which containers usually are.
      args: ['--disable-gpu', '--disable-background-networking', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]
    }
  }
});
