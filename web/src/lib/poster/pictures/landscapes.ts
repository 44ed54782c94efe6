import { box, circle, curve, HEIGHT, line, polygon, swell, under, WIDTH, type Point, type Shape } from '../shapes';
import { times, type Draw } from './picture';

export const moon: Draw = (chance, { a, b, c, deep }) => {
  const [x, y, r] = [chance.between(60, 150), chance.between(175, 205), chance.between(36, 52)];
  const rings = times(4, (i) => ({ d: circle(x, y, r + (4 - i) * chance.between(20, 24)), fill: c, opacity: 0.16 + i * 0.1 }));
  const disc = { d: circle(x, y, r), fill: chance.odds(0.6) ? a : b };
  const ground = under(swell(262, 9, 1, chance.between(0, 6)));
  return { shapes: [...rings, disc, { d: ground, fill: deep }], place: 'top' };
};

export const waves: Draw = (chance, { a, b, c, deep }) => {
  const sun = { d: circle(chance.between(50, 150), chance.between(140, 160), chance.between(30, 42)), fill: b };
  const start = chance.between(0, 6);
  const sea = [c, a, c, deep].map((fill, i) => ({
    d: under(swell(168 + i * 30, 10 - i, 2, start + i * 1.7)),
    fill,
    opacity: i === 1 ? 0.85 : 1
  }));
  return { shapes: [sun, ...sea], place: 'top' };
};

export const hills: Draw = (chance, { a, b, c, deep }) => {
  const sun = { d: circle(chance.between(45, 155), chance.between(132, 150), chance.between(22, 34)), fill: b };
  const ridge = (y: number, rise: number) => under(times(6, (i) => [i * 44 - 10, y + chance.between(-rise, rise)] as const));
  return {
    shapes: [
      sun,
      { d: ridge(172, 20), fill: c, opacity: 0.75 },
      { d: ridge(204, 18), fill: a, opacity: 0.9 },
      { d: ridge(240, 14), fill: deep }
    ],
    place: 'top'
  };
};

export const planet: Draw = (chance, { a, b, c }) => {
  const [x, y, r] = [chance.between(76, 124), chance.between(96, 112), chance.between(40, 54)];
  const tilt = chance.between(-0.45, 0.45);
  const ring = (from: number, to: number): string =>
    curve(
      times(25, (i) => {
        const angle = from + ((to - from) * i) / 24;
        const [px, py] = [Math.cos(angle) * r * 1.75, Math.sin(angle) * r * 0.42];
        return [x + px * Math.cos(tilt) - py * Math.sin(tilt), y + px * Math.sin(tilt) + py * Math.cos(tilt)] as const;
      })
    );
  const stars = times(26, () => circle(chance.between(4, 196), chance.between(6, 210), chance.between(0.5, 1.4))).join('');
  return {
    shapes: [
      { d: stars, fill: b, opacity: 0.8 },
      { d: ring(Math.PI, Math.PI * 2), stroke: b, width: 3, opacity: 0.7 },
      { d: circle(x, y, r), fill: a },
      { d: `M${x - r} ${y}a${r} ${r} 0 0 0 ${2 * r} 0a${r} ${r * 0.72} 0 0 1 ${-2 * r} 0Z`, fill: c, opacity: 0.55 },
      { d: ring(0, Math.PI), stroke: b, width: 3.4 }
    ],
    place: 'bottom'
  };
};

export const horizon: Draw = (chance, { a, b, c, deep }) => {
  const [x, foot] = [chance.between(70, 130), 190];
  const slots = times(4, (i) => ({ d: box(0, foot - 8 - i * 13, WIDTH, 5 - i), fill: deep, opacity: 0.9 }));
  const rays = times(13, (i) =>
    line([
      [x, foot],
      [x + (i - 6) * 70, HEIGHT]
    ])
  ).join('');
  const rungs = [4, 12, 25, 44, 72]
    .map((dy) =>
      line([
        [0, foot + dy],
        [WIDTH, foot + dy]
      ])
    )
    .join('');
  return {
    shapes: [
      { d: circle(x, foot - 30, 56), fill: a },
      ...slots,
      { d: box(0, foot, WIDTH, 120), fill: deep },
      { d: rays + rungs, stroke: b, width: 0.9, opacity: 0.75 },
      { d: box(0, foot - 1, WIDTH, 2), fill: c }
    ],
    place: 'top'
  };
};

export const burst: Draw = (chance, { a, b, c }) => {
  const [x, y] = [chance.between(70, 130), chance.between(182, 204)];
  const count = chance.whole(11, 15);
  const rays = times(count, (i) => {
    const angle = (i / count) * Math.PI * 2 + 0.1;
    const half = (Math.PI / count) * 0.5;
    const at = (turn: number): Point => [x + Math.cos(angle + turn) * 340, y + Math.sin(angle + turn) * 340];
    return polygon([[x, y], at(-half), at(half)]);
  });
  return {
    shapes: [
      { d: rays.join(''), fill: c, opacity: 0.55 },
      { d: circle(x, y, 58), fill: a },
      { d: circle(x, y, 38), fill: b }
    ],
    place: 'top'
  };
};

export const clouds: Draw = (chance, { a, b, c }) => {
  const cloud = (x: number, y: number, size: number) =>
    circle(x, y, size) +
    circle(x + size * 1.1, y + size * 0.25, size * 0.78) +
    circle(x - size * 1.1, y + size * 0.3, size * 0.7) +
    box(x - size * 1.1, y + size * 0.3, size * 2.2, size * 0.72);
  const [x, y] = [chance.between(80, 120), chance.between(62, 84)];
  return {
    shapes: [
      { d: circle(x, y, 36), fill: b },
      { d: circle(x, y, 50), stroke: b, width: 2.4, opacity: 0.7 },
      { d: cloud(chance.between(24, 60), chance.between(96, 112), 25), fill: a, opacity: 0.95 },
      { d: cloud(chance.between(140, 176), chance.between(126, 146), 29), fill: c, opacity: 0.9 },
      { d: cloud(chance.between(70, 110), chance.between(160, 172), 22), fill: a, opacity: 0.8 }
    ],
    place: 'bottom'
  };
};

export const peaks: Draw = (chance, { a, b, c, deep }) => {
  const mountain = (x: number, top: number, half: number, fill: string, snow: string): Shape[] => [
    {
      d: polygon([
        [x - half, HEIGHT],
        [x, top],
        [x + half, HEIGHT]
      ]),
      fill
    },
    {
      d: polygon([
        [x, top],
        [x + half * 0.16, top + (HEIGHT - top) * 0.16],
        [x + half * 0.05, top + (HEIGHT - top) * 0.13],
        [x - half * 0.04, top + (HEIGHT - top) * 0.19],
        [x - half * 0.16, top + (HEIGHT - top) * 0.16]
      ]),
      fill: snow
    }
  ];
  return {
    shapes: [
      { d: circle(chance.between(40, 160), 136, chance.between(16, 24)), fill: b },
      ...mountain(chance.between(130, 170), chance.between(158, 176), 120, c, a),
      ...mountain(chance.between(40, 90), chance.between(170, 194), 110, deep, a)
    ],
    place: 'top'
  };
};

export const road: Draw = (chance, { a, b, c, deep }) => {
  const [x, top] = [chance.between(80, 120), 178];
  const dashes = times(5, (i) => {
    const [from, to] = [top + 8 + i * i * 5, top + 12 + i * i * 5 + 3 + i * 3];
    return polygon([
      [x - 0.6 - i * 0.7, from],
      [x + 0.6 + i * 0.7, from],
      [x + 1 + i * 0.9, to],
      [x - 1 - i * 0.9, to]
    ]);
  });
  return {
    shapes: [
      { d: circle(x, top - 6, chance.between(34, 48)), fill: a },
      {
        d: under([
          [0, top - 14],
          [60, top + 4],
          [120, top - 12],
          [200, top + 4]
        ]),
        fill: c
      },
      { d: box(0, top + 4, WIDTH, 130), fill: c },
      {
        d: polygon([
          [x - 3, top],
          [x + 3, top],
          [x + 78, HEIGHT],
          [x - 78, HEIGHT]
        ]),
        fill: deep
      },
      { d: dashes.join(''), fill: b }
    ],
    place: 'top'
  };
};

export const tree: Draw = (chance, { a, b, deep }) => {
  const branches: Shape[] = [];
  const grow = (x: number, y: number, angle: number, length: number, width: number) => {
    const [endX, endY] = [x + Math.cos(angle) * length, y + Math.sin(angle) * length];
    branches.push({
      d: line([
        [x, y],
        [endX, endY]
      ]),
      stroke: deep,
      width
    });
    if (length < 9) return;
    for (const turn of [-1, 1])
      grow(endX, endY, angle + turn * chance.between(0.28, 0.55), length * chance.between(0.66, 0.78), width * 0.66);
  };
  const x = chance.between(80, 120);
  grow(x, 272, -Math.PI / 2, 46, 7);
  return {
    shapes: [
      { d: circle(x + chance.between(-24, 24), 178, 66), fill: a, opacity: 0.95 },
      { d: circle(x + chance.between(30, 60), 140, 10), fill: b },
      ...branches,
      { d: under(swell(272, 5, 1, chance.between(0, 6))), fill: deep }
    ],
    place: 'top'
  };
};
