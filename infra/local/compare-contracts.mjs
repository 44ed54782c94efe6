// Compares the gateway's committed contracts with those of another revision: paths, fields, types, nullability, names of
// operations. Descriptions and the order of fields do not count. Prints each difference and exits with 1 if there is one.
//
//   node infra/local/compare-contracts.mjs [REVISION]    (main, if left out)
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const revision = process.argv[2] ?? 'main';
const gateway = 'services/gateway';
const git = (...args) => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const root = git('rev-parse', '--show-toplevel').trim();

const isProse = (key) => key === 'description' || key === 'summary';
/** Keys whose children are named by the contract, so that one may be called `description`. */
const hasNames = (key) => ['properties', 'paths', 'schemas'].includes(key);

/** A value without prose, with sorted keys and lists: two of the same structure become the same text. */
function canonical(value, isNamed = false) {
  if (Array.isArray(value)) return value.map((item) => canonical(item)).sort((a, b) => (text(a) < text(b) ? -1 : 1));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([key]) => isNamed || !isProse(key));
  return Object.fromEntries(entries.sort().map(([key, child]) => [key, canonical(child, hasNames(key))]));
}
const text = (value) => JSON.stringify(value);

/** The leaves of a document as lines; an item of a list is one leaf. */
function* lines(value, path, isNamed = false) {
  if (Array.isArray(value)) {
    for (const item of value) yield `${path}[] = ${text(canonical(item))}`;
  } else if (value !== null && typeof value === 'object') {
    for (const [key, child] of Object.entries(value)) {
      if (isNamed || !isProse(key)) yield* lines(child, `${path}/${key}`, hasNames(key));
    }
  } else {
    yield `${path} = ${text(value)}`;
  }
}

/** The fields and values of a schema as lines, each with its type. async-graphql writes a field on one line. */
function* fields(schema) {
  let type = '';
  for (const line of schema.replace(/"""[^]*?"""/g, '').split('\n')) {
    const text = line.trim();
    if (text === '' || text === '}') continue;
    if (/^\s/.test(line)) {
      yield `${type} ${text}`;
    } else {
      type = text.replace(/\s*\{$/, '');
      yield type;
    }
  }
}

const kinds = [
  ['openapi.json', (text) => [...lines(JSON.parse(text), '')]],
  ['schema.graphql', (text) => [...fields(text)]],
];
let differences = 0;
for (const [file, parse] of kinds) {
  const count = new Map();
  const add = (line, by) => count.set(line, (count.get(line) ?? 0) + by);
  for (const line of parse(git('show', `${revision}:${gateway}/${file}`))) add(line, -1);
  const now = parse(readFileSync(`${root}/${gateway}/${file}`, 'utf8'));
  for (const line of now) add(line, 1);
  const different = [...count].filter(([, times]) => times !== 0).sort();
  for (const [line, times] of different) console.log(`${file}: ${times > 0 ? '+' : '-'} ${line}`);
  console.log(`${file}: ${now.length} lines compared with ${revision}, ${different.length} differences`);
  differences += different.length;
}
process.exit(differences > 0 ? 1 : 0);
