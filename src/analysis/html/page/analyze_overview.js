// The first screen of an analyze page: everything that decides what to change.

function overview(panel, model, go) {
  panel.classList.add('overview');
  panel.append(figures(model), bars(model, go),
    el('div', {class: 'halves'},
      el('div', {class: 'half'}, kindsPart(model, go), waysPart(model)), el('div', {class: 'half'}, findingsPart(model))),
    firstRows(model, go), trustLine(model));
}

/** One sentence: what a step takes, how much of it cannot be avoided this way, what would save most. */
function sentenceOf(model) {
  const {result, wall} = model, step = result.step;
  let sentence = (result.step_kind === 'inference' ? 'One inference' : 'A training step') + ' of ' + result.network.name +
    ' takes ' + text.ms(wall) + ' ms';
  if (step.floor_ns !== undefined) {
    sentence += '; executed this way it needs at least ' + text.ms(step.floor_ns, wall) + ' ms on this machine (' +
      text.percent(step.floor_ns / wall) + ')';
  } else {
    const [kind, most] = [...model.kinds].sort((a, b) => b[1].ns - a[1].ns)[0];
    sentence += '; ' + nameOf('kind', kind) + ' take ' + text.percent(most.ns / model.whole);
  }
  const way = fasterWay(result), advice = result.advice || {};
  if (way) sentence += '. Measured faster: ' + way.label + ', ' + text.ms(way.median_ns, wall) + ' ms';
  return [sentence + '.', advice.command || '', advice.text || ''];
}

function figures(model) {
  const step = model.result.step;
  const list = [[text.ms(step.median_ns), 'ms per step', '± ' + text.ms(step.mad_ns, step.median_ns) + ', 5–95 % ' +
      text.ms(step.p05_ns) + '–' + text.ms(step.p95_ns) + ', of ' + text.count(step.repetitions, 'step')],
    [text.integer(step.examples_per_s), 'examples/s', 'batch ' + text.integer(model.result.batch_size)]];
  if (step.mfu !== undefined) {
    const fewer = step.hfu !== undefined && step.hfu < 0.99 * step.mfu;
    list.push([text.percent(step.mfu), 'of the machine’s peak (MFU)', text.short(step.flop / step.median_ns) + ' GFLOP/s required' +
      (fewer ? '; executed ' + text.percent(step.hfu) + ' (Winograd)' : '')]);
  } else list.push([text.short(step.flop / step.median_ns), 'GFLOP/s', 'of required arithmetic']);
  return el('dl', {class: 'figures'}, list.map(([value, unit, note]) =>
    el('div', {}, el('dt', {}, unit), el('dd', {}, el('strong', {}, value), el('span', {}, unit), el('small', {}, note)))));
}

function bars(model, go) {
  const rows = el('div', {class: 'bars'}), wall = model.wall;
  const line = (name, bar) => rows.append(el('span', {class: 'bar-name'}, name), bar);
  if (model.hasFloors) {
    const above = model.inKernels - model.floorNs;
    line('step', stackedBar('The step in three parts', [
      {name: 'floor', value: model.perThread(model.floorNs), color: 'c-floor', lines: ['the least time of these kernels on this machine'],
        pick: () => go('operations', {sort: 'floor'})},
      {name: 'above the floor', value: model.perThread(above), color: 'c-above', lines: ['click: rows by what they could save'],
        pick: () => go('operations', {sort: 'room'})},
      {name: 'outside kernels', value: model.perThread(model.outside), color: 'c-outside', pick: () => go('timeline')}], wall, {class: 'large'}));
  } else {
    line('step', stackedBar('The step by kind of operation', [...model.kinds].sort((a, b) => b[1].ns - a[1].ns).map(([kind, sum]) => ({
      name: nameOf('kind', kind), value: model.perThread(sum.ns), color: colorOf('kind', kind),
      pick: () => kind === 'outside' ? go('timeline') : go('operations', {kind})})), wall, {class: 'large'}));
  }
  const used = new Set();
  const threads = el('div', {class: 'threads'});
  model.ledger.forEach((accounts, t) => {
    const pieces = [];
    for (const phase of ['forward', 'backward', 'update', 'none']) if (accounts.has(phase)) {
      pieces.push({name: nameOf('phase', phase), short: phase, value: accounts.get(phase), color: colorOf('phase', phase),
        pick: () => go('operations', {phase})});
    }
    for (const [account, ns] of accounts) if (!(account in names.phase)) {
      pieces.push({name: nameOf('account', account), value: ns, color: colorOf('account', account), pick: () => go('timeline')});
    }
    pieces.forEach(piece => used.add(piece.name + '|' + piece.color));
    threads.append(el('span', {class: 'bar-name'}, 'thread ' + t), stackedBar('Ledger of thread ' + t, pieces, wall));
  });
  const box = el('div', {class: 'threads-box'}, threads);
  rows.append(box, legend([...used].map(key => key.split('|')).map(([name, color]) => ({name, color}))));
  return rows;
}

function kindsPart(model, go) {
  const sorted = [...model.kinds].filter(([kind, sum]) => kind !== 'outside' && (sum.work || sum.ns)).sort((a, b) => b[1].ns - a[1].ns);
  const kinds = sorted.slice(0, sorted.length > 5 ? 4 : 5), rest = sorted.slice(kinds.length).map(([, sum]) => sum);
  if (rest.length) kinds.push([rest.length + ' more', {work: d3.sum(rest, sum => sum.work), ns: d3.sum(rest, sum => sum.ns)}]);
  kinds.push(['outside', model.kinds.get('outside')]);
  const time = closeTo(kinds.map(([, sum]) => sum.ns), 1000), theory = closeTo(kinds.map(([, sum]) => sum.work), 1000);
  const rows = kinds.map(([kind], i) => el('tr', {},
    el('th', {scope: 'row'}, kind === 'outside' || !model.kinds.has(kind) ? nameOf('kind', kind)
      : el('button', {type: 'button', class: 'link', click: () => go('operations', {kind})}, nameOf('kind', kind))),
    el('td', {class: 'pair'}, shareBar(theory[i] / 1000, 'theory'), shareBar(time[i] / 1000, colorOf('kind', kind))),
    el('td', {class: 'number'}, (theory[i] / 10).toFixed(1)), el('td', {class: 'number'}, (time[i] / 10).toFixed(1)),
    el('td', {class: 'number'}, text.ms(model.perThread(kinds[i][1].ns), model.wall))));
  return part('Theory against time', el('table', {class: 'kinds'},
    el('caption', {class: 'hidden-text'}, 'Share of each kind of operation in required work and in measured time'),
    el('thead', {}, el('tr', {}, el('th', {scope: 'col'}, 'kind'), el('th', {scope: 'col'}, el('span', {class: 'swatch theory'}), 'theory ',
      el('span', {class: 'swatch c-kind-product'}), 'time'), ...['theory %', 'time %', 'ms'].map(t => el('th', {scope: 'col', class: 'number'}, t)))),
    el('tbody', {}, rows)));
}

function waysPart(model) {
  // The fastest first: the slow ones may be scrolled to.
  const ways = (model.result.ways || []).filter(way => way.median_ns).sort((a, b) => a.median_ns - b.median_ns);
  if (ways.length < 2) return '';
  const slowest = Math.max(...ways.map(way => way.median_ns));
  const skipped = model.result.ways.filter(way => way.skipped);
  const section = part('Same step, other ways', el('div', {class: 'ways'}, ways.map(way => [
    el('span', {class: way.this_run ? 'this' : ''}, way.label + (way.this_run ? ' (this run)' : '')),
    stackedBar(way.label, [{name: 'products', short: ' ', value: way.products_ns, color: 'c-kind-product'},
      {name: 'the rest', short: ' ', value: way.rest_ns, color: 'c-rest'}], slowest, {class: 'thin'}),
    el('span', {class: 'number'}, text.ms(way.median_ns, 1e8) + ' ms')])),
    skipped.length ? el('p', {class: 'note'}, skipped.map(way => way.label + ': ' + way.skipped).join('; ')) : '');
  section.firstChild.append(legend([{name: 'products', color: 'c-kind-product'}, {name: 'the rest', color: 'c-rest'}]));
  return section;
}

function firstRows(model, go) {
  const count = window.innerHeight < 790 ? 3 : 4;  // a small laptop shows the whole first screen
  const table = operationsTable(model, {limit: count, short: true});
  const section = part('Operations, ' + (model.hasFloors ? 'most room first' : 'longest first'), el('div', {class: 'scroll', tabindex: '0',
    role: 'region', 'aria-label': 'First operations'}, table.element));
  section.firstChild.append(' ', el('button', {type: 'button', class: 'link', click: () => go('operations', {})}, 'all ' +
    model.operations.length + ' rows, sort, filter, group'));
  return section;
}

function trustLine(model) {
  const {result} = model, ledger = result.ledger, step = result.step;
  const accounted = ledger.accounts.reduce((sum, a) => sum + a.ns, 0), residual = ledger.wall_ns * ledger.threads - accounted;
  const stamps = ledger.timestamps * ledger.stamp_cost_ns / (ledger.wall_ns * ledger.threads), noise = step.mad_ns / step.median_ns;
  const above = model.operations.filter(o => o.median_ns > 0 && o.floor_ns > o.median_ns);
  const warnings = (result.machine && result.machine.warnings) || [];
  const entry = (good, words) => el('span', {class: good ? 'good' : 'amber'}, el('span', {'aria-hidden': 'true'}, good ? '✓ ' : '! '),
    el('span', {class: 'hidden-text'}, good ? 'holds: ' : 'attention: '), words);
  return el('p', {class: 'trust'}, el('strong', {}, 'Trust'),
    entry(residual === 0, 'ledger residual ' + residual + ' ns over ' + text.count(step.repetitions, 'step')),
    entry(stamps <= 0.01, text.integer(ledger.timestamps) + ' timestamps cost ' + text.percent(stamps)),
    entry(noise <= 0.02, 'steps differ by ' + text.percent(noise)),
    entry(true, 'counts proved by counted execution'),
    above.length ? entry(false, text.count(above.length, 'row') + ' above 100 % of ' + (above.length > 1 ? 'their floors' : 'its floor')) : '',
    warnings.length ? hint(entry(false, text.count(warnings.length, 'warning') + ' about this machine'), warnings) : '');
}
