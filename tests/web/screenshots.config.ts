import { defineConfig } from '@playwright/test';
import tests from './playwright.config';

export default defineConfig({ ...tests, projects: [{ testMatch: 'screenshots.ts' }], workers: 1 });
