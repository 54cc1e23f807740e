// The pages of tacho.sweep and tacho.matmul: time against size, beside what theory says.

function sweepPage(result) {
  const points = (result.points || []).filter(point => typeof point.value === 'number' && point.step_ns > 0);
  if (points.length < 2) return genericPage(result);
  const over = result.over || 'value', rows = new Map();
  const key = o => o.op + (o.phase && o.phase !== 'none' ? ', ' + o.phase : '');
  for (const point of points) for (const o of point.operations || []) {
    if (!rows.has(key(o))) rows.set(key(o), []);
    rows.get(key(o)).push([point.value, o.ns / 1e6]);
  }
  const fits = new Map((result.fits || []).map(fit => [key(fit), fit]));
  const weight = points => points[points.length - 1][1];
  const series = [...rows].sort((a, b) => weight(b[1]) - weight(a[1])).map(([name, measured]) => {
    const fit = fits.get(name);
    return {name, points: measured, slope: fit && fit.formula_exponent !== null ? fit.formula_exponent : undefined, note: fit ? fitText(fit) : ''};
  });
  const isStep = fit => fit.op === 'step' && fit.phase === 'all';
  const step = (result.fits || []).find(isStep);
  const told = (result.fits || []).filter(fit => !isStep(fit) && typeof fit.formula_exponent === 'number' && fit.exponent !== undefined);
  const parted = told.filter(fit => fit.formula_exponent < fit.low || fit.formula_exponent > fit.high);
  const power = (name, n) => typeof n === 'number' ? name + 'n^' + n.toFixed(2) : '';
  return {
    sentence: ['A step against ' + over + ', from ' + text.short(points[0].value) + ' to ' + text.short(points[points.length - 1].value) + ': ' +
      [step && step.exponent !== undefined ? power('', step.exponent) + (typeof step.formula_exponent === 'number' ? ' where its formula says ' + power('', step.formula_exponent) : '') : '',
        told.length ? parted.length + ' of ' + text.count(told.length, 'operation') + ' grow otherwise than their formula' : ''].filter(Boolean).join('; ') + '.', ''],
    about: aboutOf(over === 'batch' ? {...result, batch_size: undefined} : result),
    tabs: [
      {id: 'step', title: 'Step', build: panel => panel.append(part('The step; dashed: the growth of its formula', ...curves('the step against ' + over,
        [{name: 'the step', points: points.map(p => [p.value, p.step_ns / 1e6]), note: step ? fitText(step) : '',
          slope: step && typeof step.formula_exponent === 'number' ? step.formula_exponent : undefined}], {x: over, y: 'ms'})))},
      {id: 'operations', title: 'Operations', build: panel => series.length ? void panel.append(part('Operations; dashed: the growth of their formula',
        ...curves('operations against ' + over, series.slice(0, 9), {x: over, y: 'ms'},
          series.length > 9 ? el('p', {class: 'note'}, 'The nine longest of ' + series.length + '; all are in the table of fits.') : ''))) : false},
      {id: 'fits', title: 'Fits', build: panel => fits.size ? void panel.append(objectsPart('fits', result.fits.map(fitRow)),
        el('p', {class: 'note'}, 'Measured: fitted to the times, with 95 %; formula: the exact count\'s growth for large sizes; here: fitted to the exact counts at these values.')) : false},
      restOf(result, ['points', 'fits']),
    ],
  };
}

/** A fit as a row for people; the numbers of all digits are in the JSON. */
function fitRow(fit) {
  const power = n => typeof n === 'number' ? 'n^' + (Math.round(n * 100) / 100 + 0).toFixed(2) : '';
  return {operation: fit.op + (fit.phase && fit.phase !== 'none' && fit.phase !== 'all' ? ', ' + fit.phase : ''), share: fit.share,
    measured: fit.exponent === undefined ? '' : power(fit.exponent) + ' (' + fit.low.toFixed(2) + '–' + fit.high.toFixed(2) + ')',
    formula: power(fit.formula_exponent), here: power(fit.formula_exponent_here), constant_ns: fit.constant_ns, samples: fit.samples,
    where_they_part: (fit.departures || []).map(d => text.short(d.from) + ' to ' + text.short(d.to) + ': ' + power(d.measured) + (d.reason ? ', ' + d.reason : '')).join('; ')};
}

function fitText(fit) {
  if (fit.exponent === undefined) return '';
  return 'measured n^' + fit.exponent.toFixed(2) + (fit.low !== undefined ? ' (' + fit.low.toFixed(2) + '–' + fit.high.toFixed(2) + ')' : '') +
    (typeof fit.formula_exponent === 'number' ? ', formula n^' + fit.formula_exponent.toFixed(2) : '');
}

/** The page of tacho.matmul: `sizes[]` of a group, each with `ways[]`. */
function matmulPage(result) {
  const generic = genericPage(result), sizes = (result.sizes || []).filter(size => Array.isArray(size.ways));
  const rows = sizes.flatMap(size => size.ways.map(way => ({size: size.name, group: size.group, m: size.m, k: size.k, n: size.n, ...way})));
  // A group of its own where there is one: the same square elsewhere was measured in another company.
  const alike = rows.filter(row => row.m === row.n && row.k === row.n && row.median_ns > 0), own = alike.filter(row => row.group === 'square');
  const square = own.length ? own : alike;
  const fits = new Map((result.fits || []).map(fit => [fit.way, fit]));
  const seriesOf = value => d3.nest().key(row => row.way).entries(square).map(group => ({name: group.key,
    note: fits.has(group.key) ? fitText(fits.get(group.key)) : '', slope: fits.has(group.key) && value.time ? fits.get(group.key).count_exponent : undefined,
    points: group.values.map(row => [row.n, value.of(row)]).sort((a, b) => a[0] - b[0])}));
  const best = square.length ? square.reduce((a, b) => a.flop_per_s > b.flop_per_s ? a : b) : null;
  const tab = (id, title, caption, value, unit) => ({id, title, build: panel => square.length ? void panel.append(part(caption,
    ...curves(caption.toLowerCase(), seriesOf(value), {x: 'n', y: unit}))) : false});
  return {...generic,
    sentence: [best ? 'Ways to multiply matrices: the fastest square product does ' + text.short(best.flop_per_s / 1e9) + ' GFLOP/s (' + best.way + ', n = ' + best.n + ').'
      : 'Ways to multiply matrices, side by side.', ''],
    tabs: [tab('time', 'Time', 'Square products: time; dashed, the growth of the count', {time: true, of: row => row.median_ns / 1e6}, 'ms'),
      tab('rate', 'Rate', 'Square products: 2n³ over the time', {of: row => row.flop_per_s / 1e9}, 'GFLOP/s'),
      {id: 'table', title: 'Table', build: panel => rows.length ? void panel.append(objectsPart('all products', rows.filter(row => !row.skipped).map(row => ({product: row.group === 'square' ? 'square' : row.size,
        'm×k×n': [row.m, row.k, row.n].join('×'), way: row.way.replace(/-/g, '\u2011'), mul: row.mul, add: row.add, median_ns: row.median_ns, least_ns: row.least_ns,
        most_ns: row.most_ns, flop_per_s: row.flop_per_s, ceiling_share: row.ceiling_share, error: row.error}))),
        ...rows.filter(row => row.skipped).map(row => el('p', {class: 'note'}, row.way + ' at ' + [row.m, row.k, row.n].join('×') + ' was left out: ' + row.skipped))) : false},
      restOf(result, ['sizes', 'machine'])]};
}
