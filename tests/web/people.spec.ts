// People: suggestions, search results, person pages, and links between movies and people.
import { expect, test } from '@playwright/test';
import { openMovie, openPerson } from './steps';

test('the search box suggests people, arrow keys open one, and movies and people link to each other', async ({ page }) => {
  await page.goto('/');
  const box = page.getByRole('combobox', { name: '영화, 감독, 배우 찾기' });
  await expect(box).toBeVisible();
  await page.keyboard.press('/');
  await expect(box).toBeFocused();
  await box.fill('류승완');
  const person = page.getByRole('group', { name: '인물' }).getByRole('option').first();
  await expect(person).toContainText('류승완');
  await expect(person).toContainText('감독 · 배우');
  await page.keyboard.press('ArrowDown');
  await expect(person).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');

  await expect(page).toHaveURL(/\/people\//);
  await expect(page.getByRole('heading', { level: 1, name: '류승완' })).toBeVisible();
  await expect(page.getByText('Ryoo Seung-wan')).toBeVisible();
  // The role of director first, because he has more movies as one.
  await expect(page.locator('main h2')).toHaveText(['감독한 영화', '출연한 영화']);
  const directed = page.getByRole('region', { name: '감독한 영화' });
  const acted = page.getByRole('region', { name: '출연한 영화' });
  await expect(directed.getByRole('link', { name: '베테랑', exact: true })).toBeVisible();
  await expect(acted.getByRole('link', { name: '오아시스' })).toBeVisible();
  await expect(directed.getByRole('link', { name: '오아시스' })).toHaveCount(0);
  // A movie that he directed and acted in is in both lists and counted once.
  await expect(directed.getByRole('link', { name: '짝패' })).toBeVisible();
  await expect(acted.getByRole('link', { name: '짝패' })).toBeVisible();
  const all = (await directed.locator('article').count()) + (await acted.locator('article').count());
  const count = Number(await page.locator('main [data-count]').getAttribute('data-count'));
  expect(count).toBeLessThan(all);

  await acted.getByRole('link', { name: '오아시스' }).click();
  await expect(page.getByRole('heading', { level: 1, name: '오아시스' })).toBeVisible();
  await page.locator('main a[href^="/people/"]', { hasText: '류승완' }).click();
  await expect(page.getByRole('heading', { level: 1, name: '류승완' })).toBeVisible();
});

test('suggestions are grouped into movies and people, and arrow keys move through both', async ({ page }) => {
  await page.goto('/');
  // 마더 and 마동석 both begin with these letters.
  await page.getByRole('combobox').fill('마');
  const options = page.getByRole('option');
  await expect(page.getByRole('group', { name: '영화' })).toBeVisible();
  await expect(page.getByRole('group', { name: '인물' })).toBeVisible();
  const count = await options.count();
  for (let place = 0; place < count; place++) {
    await page.keyboard.press('ArrowDown');
    await expect(options.nth(place)).toHaveAttribute('aria-selected', 'true');
  }
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('[role=option][aria-selected=true]')).toHaveCount(0);
});

test('in English the search page has the person above the movies, and the movies can be sorted', async ({ browser }) => {
  const context = await browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  await page.goto('/search?q=song+kang-ho');
  const found = page.getByRole('region', { name: 'People' });
  await expect(found.getByRole('link', { name: 'Song Kang-ho' })).toContainText('Actor');
  await expect(page.locator('main article').first()).toBeVisible();
  const above = await found.boundingBox();
  const below = await page.locator('main article').first().boundingBox();
  expect(above?.y).toBeLessThan(below?.y ?? 0);
  await found.getByRole('link', { name: 'Song Kang-ho' }).click();

  await expect(page.getByRole('heading', { level: 1, name: 'Song Kang-ho' })).toBeVisible();
  await expect(page.getByText('송강호')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Directed' })).toHaveCount(0);
  const titles = page.getByRole('region', { name: 'Acted in' }).locator('article h3');
  await expect(titles.first()).toBeVisible();
  await page.getByLabel('Sort').selectOption('TITLE');
  await expect(titles.first()).toHaveText('A Taxi Driver');
  await page.getByLabel('Sort').selectOption('NEWEST');
  await expect(titles.first()).not.toHaveText('A Taxi Driver');
  await context.close();
});

test('a search without matching people shows no section for them', async ({ page }) => {
  await page.goto('/search?q=기생충');
  await expect(page.locator('main article').first()).toContainText('기생충');
  await expect(page.getByRole('region', { name: '인물' })).toHaveCount(0);
});

test('an unknown person is not found, and a failed load can be retried', async ({ page }) => {
  for (const id of ['00000000-0000-4000-8000-000000000000', 'nobody']) {
    await page.goto(`/people/${id}`);
    await expect(page.getByText('찾는 페이지가 없어요').last()).toBeVisible();
  }
  await openMovie(page, '기생충');
  await page.route('**/graphql', (route) => route.fulfill({ status: 503, body: '{}' }));
  await page.locator('main a[href^="/people/"]').first().click();
  const retry = page.getByRole('button', { name: '다시 시도' });
  await expect(retry).toBeVisible();
  await page.unroute('**/graphql');
  await retry.click();
  await expect(page.getByRole('heading', { level: 1, name: '봉준호' })).toBeVisible();
});

test('an unavailable filmography shows a notice, and the rest of the page is shown', async ({ page }) => {
  await page.route('**/graphql', async (route) => {
    const query = String((route.request().postDataJSON() as { query?: string }).query);
    if (query.includes('query Filmography')) return route.fulfill({ status: 503, body: '{}' });
    if (!query.includes('query Person(')) return route.continue();
    const response = await route.fetch();
    const answer = (await response.json()) as { data: { person: { acted: unknown } } };
    answer.data.person.acted = null;
    return route.fulfill({ response, json: answer });
  });
  await openPerson(page, '류승완');
  await expect(page.getByRole('region', { name: '감독한 영화' }).locator('article').first()).toBeVisible();
  const acted = page.getByRole('region', { name: '출연한 영화' });
  await expect(acted.getByRole('alert')).toBeVisible();
  await page.unroute('**/graphql');
  await acted.getByRole('button', { name: '다시 시도' }).click();
  await expect(acted.getByRole('link', { name: '오아시스' })).toBeVisible();
});
