// The rows of the home page: what stands in them, and the page that continues the row "for you".
import { expect, test, type Locator } from '@playwright/test';
import { haveRated, inBothLanguages, signUp } from './steps';

const moviesOf = (cards: Locator) => cards.evaluateAll((found) => found.map((card) => (card as HTMLElement).dataset.movie ?? ''));
const starsOf = async (cards: Locator) =>
  (await cards.locator('[data-line=predicted]').allTextContents()).map((line) => Number(/\d\.\d/.exec(line)?.[0]));

inBothLanguages({ ko: { forYou: '내 취향 추천' }, en: { forYou: 'For you' } }, (say) => {
  test('the page behind the row “for you” continues the row, and nothing in it is predicted below my mean', async ({ page }) => {
    await signUp(page);
    // Half stars 2 to 10: a mean of 2.9 stars.
    const halves = (row: number) => [2, 10, 4, 8, 3, 9, 2, 8, 4, 9, 3, 8][row] ?? 6;
    await haveRated(page, 12, halves);
    const mean = Array.from({ length: 12 }, (_, row) => halves(row) / 2).reduce((sum, stars) => sum + stars) / 12;
    await page.goto('/');
    const row = page.locator('main section', { has: page.getByRole('heading', { level: 2, name: say.forYou }) });
    await expect(row.locator('[data-line=predicted]').first()).toBeVisible();
    const shown = await moviesOf(row.locator('article'));
    expect(shown.length).toBeGreaterThanOrEqual(10);

    await row.getByRole('link', { name: say.forYou }).click();
    await expect(page).toHaveURL('/for-you');
    await expect(page.getByRole('heading', { level: 1, name: say.forYou })).toBeVisible();
    const cards = page.locator('main article');
    await expect.poll(() => cards.count()).toBeGreaterThan(shown.length);
    const all = await moviesOf(cards);
    expect(all.slice(0, shown.length)).toEqual(shown);
    const stars = await starsOf(cards);
    expect(stars.length).toBe(all.length);
    // The page shows tenths of a star.
    expect(Math.min(...stars)).toBeGreaterThanOrEqual(Math.floor(mean * 10) / 10);
  });
});

test('no movie stands in two rows of the home page', async ({ page }) => {
  await signUp(page);
  await haveRated(page, 12);
  await page.goto('/');
  await expect(page.locator('main section [data-line=predicted]').first()).toBeVisible();
  const shown = await moviesOf(page.locator('main section article'));
  expect(shown.length).toBeGreaterThan(50);
  expect(new Set(shown).size).toBe(shown.length);
});
