// What can go wrong between the site and the gateway, as one kind of error that screens can show.

export type Code =
  'INVALID' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'CONFLICT' | 'UNAVAILABLE' | 'TOO_MANY' | 'INTERNAL' | 'NETWORK';

export interface FieldProblem {
  field: string;
  detail: string;
  /** Of an uploaded file: why it is refused, and which file of an archive with its line. */
  reason?: string;
  at?: string;
}

export class Problem extends Error {
  constructor(
    readonly code: Code,
    message: string,
    /** Finds the request in the servers' traces. */
    readonly traceId: string | null = null,
    readonly fields: FieldProblem[] = []
  ) {
    super(message);
    this.name = 'Problem';
  }
}

/** An `application/problem+json` answer as a Problem. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as {
    title?: string;
    detail?: string;
    trace_id?: string;
    errors?: FieldProblem[];
  };
  const message = body.detail ?? body.title ?? response.statusText;
  return new Problem(codeOf(response.status), message, body.trace_id ?? null, body.errors ?? []);
}

function codeOf(status: number): Code {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'FORBIDDEN';
  if (status === 404) return 'NOT_FOUND';
  if (status === 409) return 'CONFLICT';
  if (status === 429) return 'TOO_MANY';
  if (status === 502 || status === 503 || status === 504) return 'UNAVAILABLE';
  return status < 500 ? 'INVALID' : 'INTERNAL';
}

/** Calls `fetch`; a server that cannot be reached becomes a Problem, an abort stays an abort. */
export async function reach(input: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(input, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem('NETWORK', 'the server cannot be reached');
  }
}
