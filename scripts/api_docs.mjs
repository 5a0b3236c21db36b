// docs/api.md from the OpenAPI document of the server.
//   node scripts/api_docs.mjs           writes it
//   node scripts/api_docs.mjs --check   fails where it is not what would be written
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const api = JSON.parse(readFileSync(new URL('src/serve/api/openapi.json', root)));
const target = new URL('docs/api.md', root);

const cell = (text) => String(text ?? '').replaceAll('|', '\\|');
const nameOf = (reference) => reference.split('/').at(-1);

function typeOf(schema) {
  if (schema.$ref) return `[${nameOf(schema.$ref)}](#${nameOf(schema.$ref).toLowerCase()})`;
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(' or ');
  if (schema.type === 'array') return `array of ${typeOf(schema.items)}`;
  if (schema.format === 'binary') return 'file';
  return [schema.type].flat().join(' or ');
}

function rangeOf({ minimum, maximum, enum: values, default: otherwise }) {
  const parts = [];
  if (values) parts.push(values.map((value) => `\`${value}\``).join(', '));
  if (minimum !== undefined && maximum !== undefined) parts.push(`${minimum} to ${maximum}`);
  if (otherwise !== undefined) parts.push(`default \`${JSON.stringify(otherwise)}\``);
  return parts.length ? ` (${parts.join('; ')})` : '';
}

function table(schema) {
  const rows = Object.entries(schema.properties).map(([name, property]) => {
    const needed = schema.required?.includes(name) ? ', needed' : '';
    const text = `${property.description ?? ''}${rangeOf(property)}`.trim();
    return `| \`${name}\` | ${cell(typeOf(property))}${needed} | ${cell(text)} |`;
  });
  return ['| field | type | |', '|---|---|---|', ...rows, ''].join('\n');
}

function operation(path, method, op) {
  const lines = [`## ${method.toUpperCase()} ${path}`, '', `${op.summary}. ${op.description}`, ''];
  const body = Object.entries(op.requestBody?.content ?? {});
  for (const [type, { schema }] of body) lines.push(`Request (\`${type}\`):`, '', table(schema));
  const types = Object.keys(op.responses['200']?.content ?? {}).map((type) => `\`${type}\``);
  if (types.length) lines.push(`Answer: ${types.join(', ')}.`, '');
  return lines.join('\n');
}

const errors = Object.entries(api.paths['/v1/chat/completions'].post.responses)
  .filter(([status]) => status !== '200')
  .map(([status, { description }]) => `| ${status} | ${cell(description)} |`);

const page = [
  '# The API',
  '',
  '<!-- Made by scripts/api_docs.mjs from src/serve/api/openapi.json; edit that. -->',
  '',
  `${api.info.summary}`,
  '',
  `${api.info.description} \`GET /openapi.json\` gives this as an OpenAPI document.`,
  '',
  `Keys: \`Authorization: Bearer KEY\`. ${api.components.securitySchemes.key.description}`,
  '',
  ...Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, op]) => operation(path, method, op))),
  ...Object.entries(api.components.schemas).map(([name, schema]) =>
    [`## ${name}`, '', schema.description, '', table(schema)].join('\n')),
  '## Status codes',
  '',
  '| status | |',
  '|---|---|',
  ...errors,
  '',
].join('\n');

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== page) {
    console.error('docs/api.md is not up to date; run: node scripts/api_docs.mjs');
    process.exit(1);
  }
} else {
  writeFileSync(target, page);
}
