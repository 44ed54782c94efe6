import { Problem, type FieldProblem } from '$lib/api/problem';
import type { Messages } from './ko';

/** A message for a problem in the language of the page; the server's `detail` is English and for developers. */
export function sentenceOf(cause: unknown, { error }: Messages): string {
  const code = cause instanceof Problem ? cause.code : 'INTERNAL';
  if (code === 'NETWORK') return error.network;
  if (code === 'TOO_MANY') return error.tooMany;
  if (code === 'UNAVAILABLE') return error.unavailable;
  return error.generalText;
}

/** Why an uploaded file is refused, with the place in it; null if the problem is not about the file. */
export function refusalOf(fields: readonly FieldProblem[], { imports }: Messages): string | null {
  const found = fields.find(({ reason }) => reason !== undefined && reason in imports.refused);
  if (!found?.reason) return null;
  const kind = imports.wrongKinds[found.kind ?? ''];
  const why = [kind, imports.refused[found.reason]].filter(Boolean).join(' ');
  const [, file, line] = /^(.*?)(?::(\d+))?$/.exec(found.at ?? '') ?? [];
  const place = [file, line && imports.line(Number(line))].filter(Boolean).join(', ');
  return `${why}${place ? ` (${place})` : ''}`;
}
