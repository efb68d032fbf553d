import type { Claim } from './claim.ts';
import { everywhere } from './everywhere.ts';
import { learning } from './learning.ts';
import { type Page, cell, rowOf } from './page.ts';

/** What a page claims, by its path under `docs`: all figures come from its tables and sentences. */
export const CLAIMS: Readonly<Record<string, (page: Page) => readonly Claim[]>> = {
  'results/goldens.md': goldens,
  'results/learning.md': learning,
  'results/kill.md': kill,
  'results/memory.md': memory,
  'results/streaming.md': streaming,
  'results/mutants.md': mutants,
  'results/everywhere.md': everywhere,
  'results/gpu.md': gpu,
  'results/step-overhead.md': stepOverhead,
  'benchmarks.md': (page) => [...workloads(page), ...threads(page), ...bundle(page)],
  'benchmarks-gpu.md': besideTfjs,
};

/** Tables in which every cell says whether something went well: `ok`. Of a page that is not named above they are the claims. */
export function verdicts(page: Page): readonly Claim[] {
  return page.tables.flatMap(({ section, header, rows }) => {
    const cells = rows.flatMap((row) => row.slice(1)).filter((each) => each !== '' && each !== '–');
    const good = cells.filter((each) => /^ok\b/.test(each)).length;
    if (good === 0 || good < cells.length / 2) return [];
    const columns = header.slice(1).join(', ');
    const claim = [section, header[0]].filter((each) => each !== '').join(': ');
    return [{ claim, figure: `${good} of ${cells.length} ok`, reference: columns }];
  });
}

function goldens(page: Page): readonly Claim[] {
  page.find(/(All cases pass)/);
  const pytorch = page.tablesWith('kind', 'cases', 'tests').map((table) => {
    const cases = cell(table, rowOf(table, 'all'), 'cases');
    const kinds = table.rows.length - 1;
    return {
      claim: `PyTorch: ${kinds} kinds, values and gradients`,
      figure: `${cases} of ${cases} cases`,
      reference: 'float64: 1e-9',
    };
  });
  const others = page.tablesWith('from', 'cases', 'what they hold').flatMap((table) =>
    table.rows.map((row) => {
      const cases = cell(table, row, 'cases');
      return { claim: row[0]!, figure: `${cases} of ${cases} cases`, reference: cell(table, row, 'what they hold') };
    }),
  );
  return [...pytorch, ...others];
}

function kill(page: Page): readonly Claim[] {
  page.find(/(have one SHA-256)/);
  const table = page.tableWith('Kill', 'Died after step');
  const figure = `the same bits after ${table.rows.length} kills`;
  return [{ claim: 'A training run that is killed loses nothing', figure, reference: 'the run that was left alone' }];
}

function memory(page: Page): readonly Claim[] {
  return page.tablesWith('Step', 'Live KiB', 'Heap MiB').map((table) => {
    const told = (step: string): string => {
      const row = rowOf(table, step);
      return `${cell(table, row, 'Live KiB')} KiB live, heap ${cell(table, row, 'Heap MiB')} MiB`;
    };
    const last = table.rows.at(-1)![0]!;
    const name = table.section.replace(/ \(.*/, '');
    return {
      claim: `Memory stays flat: ${name}, after step ${last}`,
      figure: told(last),
      reference: `after step 2,000: ${told('2,000')}`,
    };
  });
}

function streaming(page: Page): readonly Claim[] {
  const table = page.tableWith('reader', 'file MB', 'most heap MB');
  const apps = page.tables
    .filter(({ section }) => section === 'The apps')
    .flatMap((each) =>
      each.rows.map((row) => {
        const of = (column: string): string => cell(each, row, column);
        const figure = `${of('lines or sentences')}, ${of('most resident MB')} MB with Node and model`;
        return { claim: row[0]!, figure, reference: `a file of ${of('file MB')} MB` };
      }),
    );
  const readers = table.rows.map((row) => {
    const of = (column: string): string => cell(table, row, column);
    const heap = of('most heap MB') === '' ? '' : `, heap ${of('most heap MB')} MB`;
    return {
      claim: row[0]!,
      figure: `${of('records')}${heap}`,
      reference: `a file of ${of('file MB')} MB, a heap of 64 MiB`,
    };
  });
  return [...readers, ...apps];
}

function mutants(page: Page): readonly Claim[] {
  const table = page.tableWith('Mistake', 'Failed');
  const noticed = table.rows.filter((row) => Number(cell(table, row, 'Failed')) > 0).length;
  return [
    { claim: 'Tests notice mistakes made on purpose', figure: `${noticed} of ${table.rows.length}`, reference: 'all' },
  ];
}

function gpu(page: Page): readonly Claim[] {
  const modes = page.tableWith('mode', 'passed', 'failed');
  const passed = modes.rows.map((row) => {
    const of = (column: string): string => cell(modes, row, column);
    const skipped = of('skipped') === '0' ? '' : `, ${of('skipped')} skipped`;
    return {
      claim: `GPU.js, ${row[0]}: tests`,
      figure: `${of('passed')} passed, ${of('failed')} failed${skipped}`,
      reference: 'none failed',
    };
  });
  const networks = page.tableWith('values, gradients');
  const errors = networks.rows.flatMap((row) => row.slice(1).map((each) => each.split(', ').map(Number)));
  const worst = [0, 1].map((i) => Math.max(...errors.map((pair) => pair[i]!)).toExponential(1));
  const allowed = page.find(/Allowed: ([^.]+)\./);
  return [
    ...passed,
    {
      claim: `GPU.js: values and gradients of ${networks.rows.length} networks in every mode, the largest errors`,
      figure: worst.join(', '),
      reference: `allowed ${allowed}`,
    },
  ];
}

function stepOverhead(page: Page): readonly Claim[] {
  const table = page.tableWith('on the primitives', 'with whole ops');
  const row = rowOf(table, 'outside of products and loop');
  return [
    {
      claim: 'A training step outside of its products and its loop',
      figure: cell(table, row, 'with whole ops'),
      reference: `on the primitives ${cell(table, row, 'on the primitives')}`,
    },
  ];
}

const PEERS = ['pytorch', 'onnxruntime-node', 'jax-js', 'tfjs-wasm'];

function workloads(page: Page): readonly Claim[] {
  return page.tablesWith('ms processor', '× yardstick').map((table) => {
    const of = (name: string): string | undefined => {
      const row = table.rows.find(([first]) => first === name);
      const milliseconds = row && cell(table, row, 'ms processor');
      return milliseconds === undefined || milliseconds === '–' ? undefined : `${milliseconds} ms`;
    };
    const peers = ['yardstick', ...PEERS].flatMap((name) => (of(name) === undefined ? [] : [`${name} ${of(name)}`]));
    return {
      claim: `${table.section}: processor time`,
      figure: of('unroll-wasm-1') ?? '–',
      reference: peers.join(', '),
    };
  });
}

function threads(page: Page): readonly Claim[] {
  const table = page.tableWith('workload', 'speedup');
  return table.rows.flatMap((row) => {
    if (row[0] !== 'unroll-wasm') return [];
    const workload = cell(table, row, 'workload');
    const theirs = table.rows.find((each) => each[0] === 'yardstick' && each.includes(workload));
    const reference = theirs ? `yardstick ${cell(table, theirs, 'speedup')} ×` : 'one thread';
    return [{ claim: `${workload} on two threads`, figure: `${cell(table, row, 'speedup')} ×`, reference }];
  });
}

function bundle(page: Page): readonly Claim[] {
  const table = page.tableWith('what is loaded', 'gzip');
  const size = (name: string): string => `${cell(table, rowOf(table, name), 'gzip').replaceAll('*', '')} kB`;
  return [
    {
      claim: 'A page that writes with a compiled model, beside the weights, gzip',
      figure: size('compiled ahead, together'),
      reference: `with the library ${size('compiled on the page, together')}`,
    },
  ];
}

function besideTfjs(page: Page): readonly Claim[] {
  const table = page.tables.find(({ section }) => section === 'Beside tfjs');
  if (!table) throw new Error(`docs/${page.path} has no table beside tfjs.`);
  return table.rows.map((row) => {
    const figures = table.header.slice(1, -1).map((name, i) => `${name.split(' × ')[0]} ${row[i + 1]}`);
    return {
      claim: `${row[0]}, how many times as long (by the fastest turn of each)`,
      figure: figures.join('; '),
      reference: 'tfjs on the same API: 1',
    };
  });
}
