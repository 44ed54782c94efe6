import { expect, test } from '@playwright/test';
import { inBothLanguages, openMovie, rateRows, signUp } from './steps';

const WORDS = {
  ko: {
    label: '영화, 감독, 배우 찾기',
    film: '기생충',
    oldboy: '올드보이',
    genre: '장르',
    sort: '정렬',
    rated: '내 평가',
    confidence: '신뢰도',
    because: '이 예상의 이유',
    reason: /높게 평가해서/,
    bar: '0.5점',
    similar: '비슷한 영화',
    nowhere: '찾는 페이지가 없어요',
    error: '예상 별점의 오차',
    errorOfAverage: '평균으로 찍었을 때의 오차',
    bestRated: '평균 별점이 가장 높은 영화'
  },
  en: {
    label: 'Search movies, directors, actors',
    film: 'Parasite',
    oldboy: 'Oldboy',
    genre: 'Genre',
    sort: 'Sort',
    rated: 'Your ratings',
    confidence: 'confidence',
    because: 'Why this prediction',
    reason: /^Because you rated .+ highly$/,
    bar: '0.5 stars',
    similar: 'Similar movies',
    nowhere: 'There is no such page',
    error: 'Error of predicted stars',
    errorOfAverage: 'Error when guessing the average',
    bestRated: 'Best rated'
  }
};

inBothLanguages(WORDS, (say) => {
  test('filters live in the address and survive a reload', async ({ page }) => {
    await page.goto('/search');
    await expect(page.locator('main article').first()).toBeVisible();
    await page.getByLabel(say.genre).selectOption('animation');
    await page.getByLabel(say.sort).selectOption('NEWEST');
    await expect(page).toHaveURL(/genre=animation/);
    await expect(page).toHaveURL(/sort=newest/);
    await page.reload();
    await expect(page.getByLabel(say.genre)).toHaveValue('animation');
    await expect(page.locator('main article').first()).toBeVisible();
  });

  test('a movie page shows its histogram, its prediction and the reason for it', async ({ page }) => {
    await signUp(page);
    await rateRows(page, 12, (row) => 7 + (row % 4));
    // Some movie that is not among those just rated.
    await page.goto('/search?sort=average');
    await page
      .locator('main article', { has: page.locator('[data-line=predicted]') })
      .first()
      .locator('a')
      .click();
    await expect(page.locator('[data-score=predicted] strong')).toBeVisible();
    await expect(page.locator('[data-score=predicted]')).toContainText(say.confidence);
    await expect(page.getByRole('heading', { name: say.because })).toBeVisible();
    await expect(page.getByRole('link', { name: say.reason }).first()).toBeVisible();

    const bars = page.locator('figure ol li');
    await expect(bars).toHaveCount(10);
    await expect(bars.first()).toContainText(say.bar);
    await expect(page.getByRole('heading', { name: say.similar })).toBeVisible();
  });

  test('a member finds what is not rated yet, by predicted stars, and the address keeps it', async ({ page }) => {
    await page.goto('/search');
    await expect(page.locator('main article').first()).toBeVisible();
    await expect(page.getByLabel(say.rated)).toHaveCount(0);

    await signUp(page);
    await rateRows(page, 10, (row) => 6 + (row % 5));
    await page.goto('/search');
    await page.getByLabel(say.sort).selectOption('PREDICTED');
    await expect(page).toHaveURL(/sort=predicted/);
    const lines = page.locator('main article [data-line]');
    await expect(lines.first()).toHaveAttribute('data-line', 'predicted');
    const shown = (await lines.allTextContents()).map((line) => Number(/★ (\d\.\d)/.exec(line)?.[1]));
    expect(shown.length).toBeGreaterThan(10);
    expect(shown).toEqual([...shown].sort((a, b) => b - a));

    await page.getByLabel(say.rated).selectOption('true');
    await expect(page).toHaveURL(/rated=true/);
    await expect(page).not.toHaveURL(/sort=/);
    await expect(page.locator('main article')).toHaveCount(10);
    await expect(page.getByLabel(say.sort).locator('option[value=PREDICTED]')).toHaveCount(0);
    await page.reload();
    await expect(page.getByLabel(say.rated)).toHaveValue('true');
    await expect(page.locator('main article [data-line=rated]')).toHaveCount(10);
  });

  test('an address that is nobody’s says so', async ({ page }) => {
    await page.goto('/nowhere');
    await expect(page.getByText(say.nowhere).last()).toBeVisible();
    await page.goto('/movies/00000000-0000-4000-8000-000000000000');
    await expect(page.getByText(say.nowhere).last()).toBeVisible();
  });

  test('the status page publishes the error of the predictions beside that of the average', async ({ page }) => {
    await page.goto('/status');
    await expect(page.getByText(say.error)).toBeVisible();
    await expect(page.getByText(say.errorOfAverage)).toBeVisible();
  });

  test('every movie has a poster with its title', async ({ page }) => {
    await openMovie(page, say.oldboy);
    await expect(page.locator('.backdrop svg text').first()).toContainText(say.oldboy);
  });

  test('the heading of a row leads to the whole of it', async ({ page }) => {
    await page.goto('/');
    await page.getByRole('heading', { name: say.bestRated }).getByRole('link').click();
    await expect(page).toHaveURL('/search?sort=average');
    await expect(page.getByLabel(say.sort)).toHaveValue('AVERAGE');
    await expect(page.locator('main article').first()).toBeVisible();
  });

  test('arrows and Enter open a suggestion', async ({ page }) => {
    await page.goto('/');
    const box = page.getByRole('combobox', { name: say.label });
    await box.fill(say.film);
    await expect(page.getByRole('option').first()).toContainText(say.film);
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: say.film })).toBeVisible();
  });
});

test('initial consonants find 기생충 first, in the suggestions and in the results', async ({ page }) => {
  await page.goto('/');
  const box = page.getByRole('combobox', { name: '영화, 감독, 배우 찾기' });
  await expect(box).toBeVisible();
  await page.keyboard.press('/');
  await expect(box).toBeFocused();
  await box.fill('ㄱㅅㅊ');
  await expect(page.getByRole('option').first()).toContainText('기생충');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/search\?q=/);
  await expect(page.locator('main article').first()).toContainText('기생충');
});

test('the list of movies goes on when it is scrolled', async ({ page }) => {
  await page.goto('/search');
  const cards = page.locator('main article');
  await expect(cards.first()).toBeVisible();
  const before = await cards.count();
  await cards.nth(before - 1).scrollIntoViewIfNeeded();
  await expect.poll(() => cards.count()).toBeGreaterThan(before);
});
