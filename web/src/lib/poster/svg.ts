// A generated poster as one SVG document, for the gateway: it runs this file to make the pictures of shared links.
import { drawPoster, type PosterMovie } from './draw';
import { HEIGHT, WIDTH, type Shape } from './shapes';

const SANS = "'Noto Sans KR', 'Noto Sans CJK KR', 'Apple SD Gothic Neo', sans-serif";
const SERIF = "'Noto Serif KR', 'Noto Serif CJK KR', AppleMyungjo, serif";

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function path({ d, fill = 'none', stroke = 'none', width, opacity }: Shape): string {
  const line = width === undefined ? '' : ` stroke-width="${width}"`;
  const pale = opacity === undefined ? '' : ` opacity="${opacity}"`;
  return `<path d="${d}" fill="${fill}" stroke="${stroke}"${line} stroke-linecap="round"${pale}/>`;
}

export function posterSvg(movie: PosterMovie): string {
  const { ground, deep, ink, shapes, shift, place, serif, title, credit, margin, baselines, creditAt } = drawPoster(movie);
  const lines = title.lines.map(
    (line, i) =>
      `<text x="${margin}" y="${baselines[i]}" font-family="${serif ? SERIF : SANS}" font-weight="700" ` +
      `font-size="${title.size}" letter-spacing="${-0.03 * title.size}">${escaped(line)}</text>`
  );
  const [from, to] = place === 'top' ? [ground, deep] : [deep, ground];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">` +
    `<linearGradient id="ground" x2="0" y2="1"><stop stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient>` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="url(#ground)"/>` +
    `<g transform="translate(0 ${shift})">${shapes.map(path).join('')}</g>` +
    `<g fill="${ink}">${lines.join('')}` +
    `<text x="${margin}" y="${creditAt}" font-family="${SANS}" font-weight="500" font-size="10" letter-spacing="0.2" opacity="0.85">` +
    `${escaped(credit)}</text></g></svg>`
  );
}
