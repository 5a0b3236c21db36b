// The tables of docs/performance.md about the shipped model, as markdown.
//   tutti bench model --json > bench.json
//   node scripts/model_tables.mjs bench.json                       latencies
//   tutti eval --dtype f32 --json -o f32.json ... && tutti eval --json -o int8.json ...
//   node scripts/model_tables.mjs bench.json f32.json int8.json    and speed and loss, task by task
import { readFileSync } from 'node:fs';

// A task of the evaluation, the pass of the network that its answers rest on, and the unit.
const rows = [
  ['spoken digits', 'spoken_digits', 'speech to text', '%'],
  ['spoken commands', 'spoken_commands', 'speech to text', '%'],
  ['synthetic speech, word error rate', 'asr_synthetic_wer', 'speech to text', '%'],
  ['recorded speech, word error rate', 'asr_recorded_wer', 'speech to text', '%'],
  ['audio and text, recall', 'retrieval.audio-text', 'speech to text', '%'],
  ['pictures and text, recall', 'retrieval.photo-text', 'picture to text', '%'],
  ['CIFAR-10', 'name_photos', 'picture to text', '%'],
  ['captions of photographs, CIDEr', 'caption_photos.cider', 'picture to text', ''],
  ['scene questions', 'scene_questions', 'picture to text', '%'],
  ['easy-VQA', 'picture_questions.easyvqa', 'picture to text', '%'],
  ['clip captions, action', 'clip_captions', 'clip to text', '%'],
  ['clip captions, direction', 'clip_captions.direction', 'clip to text', '%'],
  ['mattes, intersection over union', 'mattes_iou', 'picture to mask', ''],
  ['text, bits per byte', 'text_bits_per_byte', 'text', ''],
  ['text to picture', 'text_to_picture', 'painting step', '%'],
  ['text to picture, Frechet distance', 'text_to_picture.frechet_judge', 'painting step', ''],
  ['text to speech, word error rate', 'text_to_speech.wer', 'speaking step', '%'],
];

const [bench, exact, int8] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
const ms = (seconds) => (1e3 * seconds).toFixed(seconds < 0.01 ? 2 : 1);
const print = (...cells) => console.log(`| ${cells.join(' | ')} |`);

function remark({ first_token, tokens_per_second, first_audio, real_time_factor: factor }) {
  if (first_token) return `first token ${ms(first_token)} ms, then ${tokens_per_second.toFixed(0)} tokens/s`;
  if (first_audio) return `first audio ${ms(first_audio)} ms, ${factor.toFixed(3)} of real time`;
  return factor ? `${factor.toFixed(4)} of real time` : '';
}

function latencies() {
  print('`tutti bench model`', 'FP32, p50 ms', 'bf16', 'INT8', 'INT8, p95', 'INT8');
  console.log('|---|---|---|---|---|---|');
  for (const [task, of] of Object.entries(bench.tasks))
    print(task, ms(of.f32.p50), ms(of.bf16.p50), ms(of.int8.p50), ms(of.int8.p95), remark(of.int8));
}

function passes() {
  print('one pass', 'libtorch FP32, ms', 'FP32', 'bf16', 'INT8', 'INT8 against libtorch', 'against FP32');
  console.log('|---|---|---|---|---|---|---|');
  for (const [pass, of] of Object.entries(bench.passes))
    print(pass, of.libtorch ? ms(of.libtorch) : '-', ms(of.f32), ms(of.bf16), ms(of.int8), ...speedUps(pass));
}

function speedUps(pass) {
  const { libtorch, f32, int8: own } = bench.passes[pass];
  return [libtorch ? `${(libtorch / own).toFixed(1)}x` : '-', `${(f32 / own).toFixed(1)}x`];
}

// What INT8 makes worse, as a share of the FP32 figure; negative where it is better.
function loss(name) {
  const { value, better } = exact.tasks[name];
  const change = (int8.tasks[name].value - value) / value;
  return better === 'lower' ? change : -change;
}

function figure(unit, value) {
  return unit === '%' ? `${(100 * value).toFixed(1)} %` : value.toFixed(value < 10 ? 3 : 1);
}

function quality() {
  print('task', 'pass', 'INT8 against libtorch FP32', 'against our FP32', 'FP32', 'INT8', 'loss', 'samples');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const [label, name, pass, unit] of rows) {
    if (!exact.tasks[name] || !int8.tasks[name]) continue;
    const { value, n } = exact.tasks[name];
    print(label, pass, ...speedUps(pass), figure(unit, value), figure(unit, int8.tasks[name].value),
      `${(100 * loss(name)).toFixed(1)} %`, n);
  }
}

latencies();
console.log();
passes();
if (exact && int8) {
  console.log();
  quality();
}
