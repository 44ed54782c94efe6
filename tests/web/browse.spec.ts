// Browsing without a query: the navigation leads to the search and to the public lists.
import { expect, test } from '@playwright/test';
import { inBothLanguages, signUp } from './steps';

const WORDS = {
  ko: {
    search: '찾기',
    lists: '컬렉션',
    movies: '영화 찾기',
    popular: '인기 영화가 담긴 컬렉션',
    menu: '메뉴와 설정',
    find: '컬렉션 제목'
  },
  en: {
    search: 'Search',
    lists: 'Lists',
    movies: 'Find movies',
    popular: 'Lists with popular movies',
    menu: 'Menu and settings',
    find: 'Title of a list'
  }
};

inBothLanguages(WORDS, (say) => {
  test('on a desktop the navigation leads to the search and to the lists', async ({ page }) => {
    await signUp(page);
    const main = page.getByRole('navigation').first();
    await main.getByRole('link', { name: say.search, exact: true }).click();
    await expect(page).toHaveURL('/search');
    await expect(page.getByRole('heading', { level: 1, name: say.movies })).toBeVisible();
    await main.getByRole('link', { name: say.lists, exact: true }).click();
    await expect(page).toHaveURL('/lists');
    await expect(page.getByRole('heading', { level: 1, name: say.lists })).toBeVisible();
    await expect(page.getByRole('heading', { level: 2, name: say.popular })).toBeVisible();
    await expect(page.locator('main a[href^="/lists/"]').first()).toBeVisible();
  });

  test('lists are not repeated, and are found by title', async ({ page }) => {
    await page.goto('/lists');
    const cards = page.locator('main a[href^="/lists/"]');
    await expect(cards.first()).toBeVisible();
    const addresses = await cards.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    expect(new Set(addresses).size).toBe(addresses.length);

    const title = (await cards.first().getByRole('heading').innerText()).trim();
    await page.getByLabel(say.find).fill(title);
    await page.getByLabel(say.find).press('Enter');
    await expect(page).toHaveURL(/\/lists\?q=/);
    await expect(cards.first().getByRole('heading')).toHaveText(title);
    await page.goBack();
    await expect(page.getByRole('heading', { level: 2, name: say.popular })).toBeVisible();
  });

  test('on a phone the menu leads to the lists', async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto('/');
    await page.getByRole('button', { name: say.menu }).click();
    await page.getByRole('link', { name: say.lists, exact: true }).click();
    await expect(page).toHaveURL('/lists');
    await expect(page.locator('main a[href^="/lists/"]').first()).toBeVisible();
  });
});
