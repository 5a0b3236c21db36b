// docs/api.md from the table of the API's parameters, as the server prints it.
//   node scripts/api_docs.mjs TUTTI           writes it; TUTTI is the built program
//   node scripts/api_docs.mjs TUTTI --check   fails where it is not what would be written
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [program, check] = process.argv.slice(2);
if (!program) {
  console.error('usage: node scripts/api_docs.mjs PATH/OF/tutti [--check]');
  process.exit(2);
}
const api = JSON.parse(execFileSync(program, ['serve', '--openapi'], { maxBuffer: 1 << 26 }));
const target = new URL('../docs/api.md', import.meta.url);

const cell = (text) => String(text ?? '').replaceAll('|', '\\|');
const nameOf = (reference) => reference.split('/').at(-1);
const code = (value) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
const sentence = (text) => (text ? text[0].toUpperCase() + text.slice(1) : '');

function typeOf(schema) {
  if (schema.$ref) return `[${nameOf(schema.$ref)}](#${nameOf(schema.$ref).toLowerCase()})`;
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(' or ');
  if (schema.type === 'array') return `array of ${typeOf(schema.items)}`;
  if (schema.format === 'binary') return 'file';
  return schema.type ?? 'any';
}

function rangeOf({ minimum, maximum, enum: values, default: otherwise, oneOf }) {
  const inner = oneOf?.find((one) => one.enum || one.minimum !== undefined) ?? {};
  const choices = values ?? inner.enum;
  const least = minimum ?? inner.minimum;
  const most = maximum ?? inner.maximum;
  const parts = [];
  if (choices) parts.push(choices.map(code).join(', '));
  if (least !== undefined && least === most) parts.push(`${least}`);
  else if (least !== undefined) parts.push(most === undefined ? `at least ${least}` : `${least} to ${most}`);
  if (otherwise !== undefined) parts.push(`default \`${JSON.stringify(otherwise)}\``);
  return parts.length ? ` (${parts.join('; ')})` : '';
}

// The fields of objects that are described where they are used, as "audio.format".
function flat(schema, prefix = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const one = { name: prefix + name, property, needed: schema.required?.includes(name) };
    const inner = [property, ...(property.oneOf ?? [])].find((each) => each.properties);
    return inner ? [one, ...flat(inner, `${prefix}${name}.`)] : [one];
  });
}

// Names that share a reason stand together.
function grouped(fields, reasonOf) {
  const groups = new Map();
  for (const field of fields) groups.set(reasonOf(field), [...(groups.get(reasonOf(field)) ?? []), field]);
  return [...groups];
}

// `title` stands above the fields that are done; where there are none, `where` says what is refused.
function table(schema, title = '', where = '') {
  const fields = flat(schema);
  const done = fields.filter(({ property }) => !property['x-fate']);
  const lines = [];
  if (done.length) {
    if (title) lines.push(title, '');
    lines.push('| field | type | |', '|---|---|---|');
    for (const { name, property, needed } of done) {
      const text = `${property.description ?? ''}${rangeOf(property)}`.trim();
      lines.push(`| \`${name}\` | ${cell(typeOf(property))}${needed ? ', needed' : ''} | ${cell(text)} |`);
    }
    lines.push('');
  }
  const refused = fields.filter(({ property }) => property['x-fate'] === 'refused');
  if (refused.length) {
    lines.push(`Refused${done.length ? '' : where}, but for a value that asks for nothing (in brackets):`, '');
    for (const [reason, names] of grouped(refused, ({ property }) => property.description))
      lines.push(`- ${names.map(({ name, property }) => `\`${name}\`` + (property['x-harmless'].length
        ? ` (${property['x-harmless'].map((value) => code(JSON.stringify(value))).join(', ')})` : '')).join(', ')}: ${reason}.`);
    lines.push('');
  }
  const ignored = fields.filter(({ property }) => property['x-fate'] === 'ignored');
  if (ignored.length) {
    lines.push('Accepted, and changing nothing:', '');
    for (const [reason, names] of grouped(ignored, ({ property }) => property.description))
      lines.push(`- ${names.map(({ name }) => `\`${name}\``).join(', ')}: ${reason}`);
    lines.push('');
  }
  return lines.join('\n');
}

function operation(path, method, op) {
  const lines = [`## ${method.toUpperCase()} ${path}`, '', `${op.summary}. ${op.description}`, ''];
  const query = (op.parameters ?? []).filter((one) => one.in === 'query');
  if (query.length) {
    const properties = query.map(({ name, description, schema }) => [name, { ...schema, description }]);
    lines.push(table({ properties: Object.fromEntries(properties) }, 'Query:', ' in the query'));
  }
  const body = Object.entries(op.requestBody?.content ?? {});
  for (const [type, { schema }] of body) lines.push(`Request (\`${type}\`):`, '', table(schema));
  const answer = op.responses['200']?.content ?? {};
  const fields = answer['application/json']?.schema?.properties;
  const types = Object.keys(answer).map((type) => `\`${type}\``);
  if (fields) lines.push(`Answer (${types.join(', ')}):`, '', table({ properties: fields }));
  else if (types.length) lines.push(`Answer: ${types.join(', ')}.`, '');
  return lines.join('\n');
}

function component(name, schema) {
  const lines = [`## ${name}`, ''];
  if (schema.description) lines.push(schema.description, '');
  if (!schema.oneOf) {
    const text = table(schema);
    return [...lines, text || 'Any fields.\n'].join('\n');
  }
  lines.push(`One of ${schema.oneOf.map(typeOf).join(', ')}.`, '');
  const refused = Object.entries(schema['x-refused'] ?? {});
  if (refused.length) {
    lines.push('Refused:', '');
    for (const [reason, all] of grouped(refused, ([, why]) => why))
      lines.push(`- ${all.map(([tag]) => `\`${tag}\``).join(', ')}: ${reason}.`);
    lines.push('');
  }
  return lines.join('\n');
}

const errors = new Map(Object.values(api.paths).flatMap(Object.values).flatMap((op) =>
  Object.entries(op.responses).filter(([status]) => status >= 400)
    .map(([status, { description }]) => [status, description])));

const page = [
  '# The API',
  '',
  '<!-- Made by scripts/api_docs.mjs from the tables in src/serve/contract/tables; edit those. -->',
  '',
  `${api.info.summary}`,
  '',
  `${api.info.description} \`GET /openapi.json\` gives this as an OpenAPI document; \`tutti serve --openapi\` prints it.`,
  '',
  `Keys: \`Authorization: Bearer KEY\`. ${api.components.securitySchemes.key.description}`,
  '',
  'In the query of any request, accepted and changing nothing:',
  '',
  ...Object.values(api.components.parameters).map(({ name, description }) => `- \`${name}\`: ${description}`),
  '',
  ...Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, op]) => operation(path, method, op))),
  ...Object.entries(api.components.schemas).map(([name, schema]) => component(name, schema)),
  '## Status codes',
  '',
  '| status | |',
  '|---|---|',
  ...[...errors].sort(([a], [b]) => a - b).map(([status, text]) => `| ${status} | ${cell(sentence(text))} |`),
  '',
].join('\n');

if (check === '--check') {
  if (readFileSync(target, 'utf8') !== page) {
    console.error(`docs/api.md is not up to date; run: node scripts/api_docs.mjs ${program}`);
    process.exit(1);
  }
} else {
  writeFileSync(target, page);
}
