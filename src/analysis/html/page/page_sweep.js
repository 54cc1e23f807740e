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
  const parted = (result.fits || []).filter(fit => typeof fit.formula_exponent === 'number' && fit.exponent !== undefined &&
    (fit.formula_exponent < fit.low || fit.formula_exponent > fit.high));
  return {
    sentence: ['A step against ' + over + ', from ' + text.short(points[0].value) + ' to ' + text.short(points[points.length - 1].value) +
      (fits.size ? ': ' + text.count(parted.length, 'operation') + ' of ' + fits.size + ' grow otherwise than their formula.' : '.'), ''],
    about: aboutOf(result),
    tabs: [
      {id: 'step', title: 'Step', build: panel => panel.append(part('The step', ...curves('the step against ' + over,
        [{name: 'the step', points: points.map(p => [p.value, p.step_ns / 1e6])}], {x: over, y: 'ms'})))},
      {id: 'operations', title: 'Operations', build: panel => series.length ? void panel.append(part('Operations; dashed: the growth of their formula',
        ...curves('operations against ' + over, series.slice(0, 9), {x: over, y: 'ms'},
          series.length > 9 ? el('p', {class: 'note'}, 'The nine longest of ' + series.length + '; all are in the table of fits.') : ''))) : false},
      {id: 'fits', title: 'Fits', build: panel => fits.size ? void panel.append(objectsPart('fits', result.fits)) : false},
      restOf(result, ['points', 'fits']),
    ],
  };
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
  const square = rows.filter(row => row.m === row.n && row.k === row.n && row.median_ns > 0);
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
      {id: 'table', title: 'Table', build: panel => rows.length ? void panel.append(objectsPart('all products', rows.map(({rounds_ns, ...row}) => row))) : false},
      restOf(result, ['sizes', 'machine'])]};
}
