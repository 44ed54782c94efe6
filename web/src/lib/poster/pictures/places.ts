// Pictures of places and things.
import { arch, box, circle, HEIGHT, line, polygon, WIDTH, type Point, type Shape } from '../shapes';
import { times, type Draw } from './picture';

export const city: Draw = (chance, { a, b, c, deep }) => {
  const shapes: Shape[] = [{ d: circle(chance.between(50, 150), chance.between(118, 140), chance.between(24, 34)), fill: a }];
  for (const [base, fill] of [
    [150, c],
    [188, deep]
  ] as const) {
    for (let x = -6; x < WIDTH;) {
      const width = chance.between(18, 36);
      const top = base + chance.between(-24, 34);
      shapes.push({ d: box(x, top, width, HEIGHT - top), fill });
      if (fill === deep) {
        const lit = times(9, (i) => [x + 5 + (i % 3) * 7.5, top + 10 + Math.floor(i / 3) * 13] as const).filter(
          ([wx]) => wx < x + width - 5 && chance.odds(0.55)
        );
        if (lit.length) shapes.push({ d: lit.map(([wx, wy]) => box(wx, wy, 3.6, 6)).join(''), fill: b, opacity: 0.9 });
      }
      x += width + (chance.odds(0.3) ? 3 : 0);
    }
  }
  return { shapes, place: 'top' };
};

export const keyhole: Draw = (chance, { a, b, c }) => {
  const [x, y] = [chance.between(86, 114), 84];
  const light = polygon([
    [x - 15, y + 10],
    [x + 15, y + 10],
    [x + 40, y + 92],
    [x - 40, y + 92]
  ]);
  return {
    shapes: [
      { d: circle(x, 100, 96), fill: c, opacity: 0.4 },
      { d: circle(x, 100, 74), fill: c, opacity: 0.6 },
      { d: light, fill: a },
      { d: circle(x, y - 4, 34), fill: a },
      { d: circle(x + chance.between(-5, 5), y + 62, 6.5), fill: b },
      { d: arch(x, y + 92, 12, 25), fill: b }
    ],
    place: 'bottom'
  };
};

export const record: Draw = (chance, { a, b, c, deep }) => {
  const [x, y] = [chance.pick([40, 160, 100]), chance.between(196, 214)];
  const grooves = times(7, (i) => ({ d: circle(x, y, 46 + i * 9), stroke: c, width: 1.4, opacity: 0.8 }));
  return {
    shapes: [
      { d: circle(x, y, 106), fill: deep },
      ...grooves,
      { d: circle(x, y, 37), fill: a },
      { d: circle(x, y, 24), fill: b, opacity: 0.85 },
      { d: circle(x, y, 4), fill: deep }
    ],
    place: 'top'
  };
};

export const stairs: Draw = (chance, { a, b, c, deep }) => {
  const flip = chance.odds(0.5);
  const steps = 7;
  const put = (x: number) => (flip ? WIDTH - x : x);
  const outline: Point[] = [[put(0), HEIGHT]];
  times(steps, (i) => outline.push([put(i * 30), 270 - i * 20], [put((i + 1) * 30), 270 - i * 20]));
  outline.push([put(210), HEIGHT]);
  const who = chance.whole(3, 5);
  const [wx, wy] = [put(who * 30 + 15), 270 - who * 20];
  return {
    shapes: [
      { d: circle(put(150), 152, 64), fill: c, opacity: 0.7 },
      { d: circle(put(150), 152, 38), fill: a, opacity: 0.9 },
      { d: polygon(outline), fill: deep },
      { d: circle(wx, wy - 25, 5.2), fill: b },
      { d: arch(wx, wy, 10, 19), fill: b }
    ],
    place: 'top'
  };
};

export const window_: Draw = (chance, { a, b, c }) => {
  const lean = chance.between(18, 34) * chance.pick([1, -1]);
  const x = 112 - lean / 2;
  const who = chance.between(26, 38);
  const pane = (column: number, row: number) => {
    const [left, top] = [x - 45 + column * 48 + (row * lean) / 2, 30 + row * 76];
    return polygon([
      [left, top],
      [left + 42, top],
      [left + 42 + lean / 2.1, top + 70],
      [left + lean / 2.1, top + 70]
    ]);
  };
  return {
    shapes: [
      { d: [0, 1].flatMap((column) => [0, 1].map((row) => pane(column, row))).join(''), fill: a },
      { d: circle(x + chance.between(-10, 46), chance.between(70, 110), 19), fill: b },
      { d: box(0, 196, WIDTH, 4), fill: c },
      { d: arch(who, 196, 15, 42) + circle(who, 146, 6.5), fill: b }
    ],
    place: 'bottom'
  };
};

export const arches: Draw = (chance, { a, b, c, deep }) => {
  const x = chance.between(84, 116);
  const fills = [c, a, b, deep];
  const nested = fills.map((fill, i) => ({ d: arch(x, 300, 170 - i * 40, 190 - i * 34), fill, opacity: i === 0 ? 0.6 : 1 }));
  return { shapes: [...nested, { d: circle(x, 300 - 28, 9), fill: a }], place: 'top' };
};

export const rain: Draw = (chance, { a, b, c }) => {
  const drops = times(60, () => {
    const [x, y, length] = [chance.between(-10, 210), chance.between(-10, 190), chance.between(8, 22)];
    return line([
      [x, y],
      [x - length * 0.3, y + length]
    ]);
  });
  const [x, y] = [chance.between(80, 120), chance.between(118, 132)];
  const r = 50;
  const canopy = `M${x - r} ${y}a${r} ${r} 0 0 1 ${2 * r} 0q${-r / 3} -9 ${(-r * 2) / 3} 0q${-r / 3} -9 ${(-r * 2) / 3} 0q${-r / 3} -9 ${(-r * 2) / 3} 0Z`;
  return {
    shapes: [
      { d: drops.join(''), stroke: c, width: 1.3, opacity: 0.9 },
      { d: canopy, fill: a },
      { d: `M${x} ${y - 4}v58q0 9 -8 9t-8 -9`, stroke: b, width: 3 }
    ],
    place: 'bottom'
  };
};

export const eye: Draw = (chance, { a, b, c, deep }) => {
  const y = chance.between(96, 110);
  const lid = `M14 ${y}Q100 ${y - 86} 186 ${y}Q100 ${y + 86} 14 ${y}Z`;
  const look = chance.between(-14, 14);
  const lashes = times(9, (i) => {
    const x = 40 + i * 15;
    return line([
      [x, y - 36 - (20 - Math.abs(i - 4) * 6)],
      [x + (i - 4) * 4, y - 58 - (20 - Math.abs(i - 4) * 6)]
    ]);
  });
  return {
    shapes: [
      { d: lashes.join(''), stroke: c, width: 2.6 },
      { d: lid, fill: b },
      { d: circle(100 + look, y, 35), fill: a },
      { d: circle(100 + look, y, 17), fill: deep },
      { d: circle(108 + look, y - 9, 5), fill: b }
    ],
    place: 'bottom'
  };
};

export const columns: Draw = (chance, { a, b, c }) => {
  const count = chance.whole(4, 6);
  const gap = 176 / count;
  const shafts = times(count, (i) => {
    const x = 12 + i * gap + gap * 0.16;
    return { d: box(x, 150, gap * 0.68, 132) + box(x - 3, 142, gap * 0.68 + 6, 6), fill: i === count - 2 ? b : a };
  });
  return {
    shapes: [
      {
        d: polygon([
          [6, 136],
          [100, 104],
          [194, 136]
        ]),
        fill: c
      },
      ...shafts,
      { d: box(0, 284, WIDTH, 16), fill: c }
    ],
    place: 'top'
  };
};
