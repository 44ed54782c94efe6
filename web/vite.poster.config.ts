// Builds build/poster.js after the site: one script that gives `poster.posterSvg`, which the gateway runs to draw posters.
import { defineConfig } from 'vite';

export default defineConfig({
  publicDir: false,
  build: {
    outDir: 'build',
    emptyOutDir: false,
    lib: { entry: 'src/lib/poster/svg.ts', name: 'poster', formats: ['iife'], fileName: () => 'poster.js' }
  }
});
