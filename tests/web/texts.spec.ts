// Sentences that are built from a title, and names of rows: each must be true and sound native.
import { expect, test } from '@playwright/test';
import { inBothLanguages, openMovie, haveRated, signUp } from './steps';

const WORDS = {
  ko: {
    movie: '올드보이',
    wish: '보고싶어요',
    removed: '올드보이를 보관함에서 뺐어요',
    especially: '유독 내 취향인 영화',
    reason: /[과와] 비슷해요$/
  },
  en: {
    movie: 'Oldboy',
    wish: 'Want to watch',
    removed: 'Removed Oldboy from your shelf',
    especially: 'Especially you',
    reason: /^Similar to /
  }
};

inBothLanguages(WORDS, (say) => {
  test('the message names the movie that was taken off the shelf', async ({ page }) => {
    await signUp(page);
    await openMovie(page, say.movie);
    const wish = page.locator('.backdrop').getByRole('button', { name: say.wish });
    await wish.click();
    await expect(wish).toHaveAttribute('aria-pressed', 'true');
    await wish.click();
    await expect(page.getByText(say.removed)).toBeVisible();
  });

  test('the rows of the home page have their names and reasons', async ({ page }) => {
    await signUp(page);
    await haveRated(page, 12);
    await page.goto('/');
    await expect(page.getByRole('heading', { level: 2, name: say.especially })).toBeVisible();
    const reasons = page.locator('main section .why').filter({ hasText: /./ });
    await expect(reasons.first()).toBeVisible();
    for (const reason of await reasons.allInnerTexts()) expect(reason).toMatch(say.reason);
  });
});
