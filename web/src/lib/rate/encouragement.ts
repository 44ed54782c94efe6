// The line of encouragement changes at these counts; the texts are in the catalogues.
const STEPS = [0, 1, 5, 10, 20, 50, 100] as const;

export function encouragementStep(rated: number): number {
  return STEPS.findLast((step) => rated >= step) ?? 0;
}
