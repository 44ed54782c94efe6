// A member who reloads the site, or opens it offline, is never shown as signed out.
import { expect, test, type Page } from '@playwright/test';
import { inBothLanguages, signOut, signUp } from './steps';

const WORDS = {
  ko: {
    signIn: '로그인',
    taste: '취향',
    menu: '메뉴와 설정',
    tabs: '내 영화 메뉴',
    network: '서버에 연결하지 못했어요',
    out: { menu: '메뉴와 설정', signOut: '로그아웃', signIn: '로그인' }
  },
  en: {
    signIn: 'Sign in',
    taste: 'Taste',
    menu: 'Menu and settings',
    tabs: 'Parts of my movies',
    network: 'The server cannot be reached',
    out: { menu: 'Menu and settings', signOut: 'Sign out', signIn: 'Sign in' }
  }
};

/** Notes from the first paint on whether a link to sign in was shown. */
const watchForSignIn = (page: Page) =>
  page.addInitScript(() => {
    Object.assign(window, { offered: false });
    new MutationObserver(() => {
      if (document.querySelector('a[href^="/sign-in"]')) Object.assign(window, { offered: true });
    }).observe(document, { childList: true, subtree: true });
  });
const offered = (page: Page) => page.evaluate(() => (window as unknown as { offered: boolean }).offered);

inBothLanguages(WORDS, (say) => {
  test('after a reload the member is there before the server has answered', async ({ page }) => {
    await signUp(page);
    await watchForSignIn(page);
    // The answer is held back until the page has been looked at.
    let answer = () => {};
    const held = new Promise<void>((done) => (answer = done));
    await page.route('**/api/v1/sessions/refresh', async (route) => {
      await held;
      await route.continue();
    });
    for (const address of ['/me', '/', '/feed', '/movies/none']) {
      await page.goto(address);
      await expect(page.getByRole('navigation').first().getByRole('link', { name: say.taste, exact: true })).toBeVisible();
      await expect(page.getByRole('button', { name: say.menu })).toContainText('시');
      expect(await offered(page), address).toBe(false);
    }
    await page.goto('/me');
    await expect(page.getByRole('tablist', { name: say.tabs })).toBeVisible();
    answer();
    await expect(page.getByRole('tabpanel')).toBeVisible();
    expect(await offered(page)).toBe(false);
  });

  test('a session that was ended elsewhere is not shown after the server has answered', async ({ page }) => {
    await signUp(page);
    await page.context().clearCookies();
    await page.goto('/me');
    await expect(page.locator('main').getByRole('link', { name: say.signIn })).toBeVisible();
    await expect(page.getByRole('navigation').first().getByRole('link', { name: say.taste, exact: true })).toHaveCount(0);
  });

  test('nothing of the member is left on the device after signing out', async ({ page }) => {
    await signUp(page);
    await signOut(page, say.out);
    expect(await page.evaluate(() => localStorage.getItem('matcha.signed-in'))).toBeNull();
    await page.reload();
    await expect(page.getByRole('link', { name: say.signIn })).toBeVisible();
  });

  test.describe('installed', () => {
    test.use({ serviceWorkers: 'allow' });

    test('offline the member stays signed in', async ({ page, context }) => {
      await signUp(page);
      await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
      await watchForSignIn(page);
      await context.setOffline(true);
      await page.goto('/me');
      await expect(page.getByRole('tablist', { name: say.tabs })).toBeVisible();
      await expect(page.getByRole('alert')).toContainText(say.network);
      expect(await offered(page)).toBe(false);
      await context.setOffline(false);
      await expect(page.getByRole('alert')).toHaveCount(0);
      expect(await offered(page)).toBe(false);
    });
  });
});
