// Draws the PNG icons from the SVG marks in ../static, for what takes no SVG: home screens and older installers. Run it when a
// mark changes, and commit what it writes:
//   npm --prefix web/icons ci && npm --prefix web/icons run make
// It has a package of its own, so that whoever only builds the site need not install a library for pictures.
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const ICONS = [
  { from: 'icon.svg', to: 'icon-192.png', size: 192 },
  { from: 'icon.svg', to: 'icon-512.png', size: 512 },
  { from: 'icon-maskable.svg', to: 'icon-maskable-192.png', size: 192 },
  { from: 'icon-maskable.svg', to: 'icon-maskable-512.png', size: 512 },
  // iOS rounds the corners itself and paints what is transparent black: the full square.
  { from: 'icon-maskable.svg', to: 'apple-touch-icon.png', size: 180 }
];

const inStatic = (name) => fileURLToPath(new URL(`../static/${name}`, import.meta.url));
// The marks are 64 units wide; a higher density draws them at their size instead of enlarging a small picture.
const density = (size) => (72 * size) / 64;

for (const { from, to, size } of ICONS) {
  const { width, height } = await sharp(inStatic(from), { density: density(size) })
    .resize(size, size)
    .png({ palette: true, compressionLevel: 9, effort: 10 })
    .toFile(inStatic(to));
  console.log(`${to}: ${width} x ${height}`);
}
