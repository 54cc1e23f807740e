// The page of tacho.machine: the roof under which every kernel runs.

function machinePage(result) {
  const threads = Math.max(1, ...(result.compute_ceilings || []).map(c => c.threads));
  const generic = genericPage(result), warnings = result.warnings || [];
  const dtypes = [...new Set((result.compute_ceilings || []).map(c => c.dtype))];
  const best = dtype => Math.max(0, ...(result.compute_ceilings || []).filter(c => c.dtype === dtype && c.threads === threads).map(c => c.flop_per_s));
  const memory = Math.max(0, ...(result.bandwidth || []).filter(b => b.level === 'memory' && b.threads === threads).map(b => b.bytes_per_s));
  return {...generic,
    sentence: ['This machine does ' + text.short(best('float32') / 1e9) + ' GFLOP/s in float32 and reads ' + text.short(memory / 1e9) + ' GB/s from memory, on ' +
      text.count(threads, 'thread') + '.' + (warnings.length ? ' ' + text.count(warnings.length, 'thing') + ' may spoil measurements: ' + warnings[0] : ''), ''],
    tabs: [
      {id: 'roofline', title: 'Roofline', build: panel => {
        if (warnings.length) panel.append(part('What may spoil measurements here', el('ul', {}, warnings.map(w => el('li', {}, w)))));
        for (const dtype of dtypes) {
          const ceilings = ceilingsOf(result, dtype, threads);
          panel.append(part('Roofline, ' + dtype + ', ' + text.count(threads, 'thread'), chart('Roofline of ' + dtype + '; the numbers are in the tab Result',
            (svg, width) => drawRoofline(svg, width, [], ceilings))));
        }
      }},
      ...generic.tabs],
  };
}

/** The page of tacho.estimate: a step that was never run, or the back-test of such estimates. */
function estimatePage(result) {
  const generic = genericPage(result);
  if (result.cases) {
    const error = result.error || {}, roofline = result.roofline_error || {};
    const series = [{name: 'estimated', points: result.cases.map(c => [c.measured_ns / 1e6, c.estimated_ns / 1e6])},
      {name: 'roofline alone', points: result.cases.map(c => [c.measured_ns / 1e6, c.roofline_ns / 1e6])}].map(s => ({...s, points: s.points.sort((a, b) => a[0] - b[0])}));
    const exact = d3.extent(result.cases, c => c.measured_ns / 1e6);
    series.push({name: 'measured', points: exact.map(ms => [ms, ms])});
    return {...generic, sentence: ['Estimates are off by ' + text.percent(error.mean) + ' in the mean, ' + text.percent(error.worst) + ' at worst; the roofline alone by ' +
      text.percent(roofline.mean) + '.', ''], tabs: [{id: 'cases', title: 'Cases', build: panel => panel.append(part('Estimated against measured',
      ...curves('estimated against measured time', series, {x: 'ms measured', y: 'ms'})))}, ...generic.tabs]};
  }
  const step = result.step || {};
  const operations = (result.operations || []).slice().sort((a, b) => b.median_ns - a.median_ns).slice(0, 20);
  return {...generic,
    sentence: ['A step would take ' + text.time(step.median_ns) + ' (' + text.time(step.low_ns) + ' to ' + text.time(step.high_ns) + ')' +
      (result.calibrated === false ? '; the machine is not calibrated for it.' : '.'), ''],
    tabs: [{id: 'operations', title: 'Operations', build: panel => operations.length ? void panel.append(part('The longest operations',
      ...waterfall('estimated time by operation', operations.map(o => ({name: (o.label || o.node), ns: o.median_ns, color: colorOf('phase', o.phase),
        lines: [text.time(o.low_ns) + ' to ' + text.time(o.high_ns)]})), 'Thread time of all calls.'))) : false}, ...generic.tabs]};
}
