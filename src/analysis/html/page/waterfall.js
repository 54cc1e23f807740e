// Terms that add up to a whole, one below another: what a step is made of, why one way is faster than another.

/** steps: [{name, ns, total, color, lines}]; a total stands on zero, others begin where the one before ended. */
function waterfall(label, steps, note) {
  const rowHeight = 24, name = step => step.name.length > 34 ? step.name.slice(0, 33) + '…' : step.name;
  const draw = (svg, width) => {
    const left = Math.min(230, width * 0.4), right = width - 80, top = 6, bottom = top + steps.length * rowHeight;
    let at = 0, low = 0, high = 0;
    const bars = steps.map(step => {
      const from = step.total ? 0 : at, to = from + step.ns;
      at = to, low = Math.min(low, from, to), high = Math.max(high, from, to);
      return {...step, from, to};
    });
    const x = d3.scaleLinear([low / 1e6, high / 1e6], [left, right]).nice();
    axis(svg, 'bottom', x, bottom, 'ms');
    bars.forEach((bar, i) => {
      const y = top + i * rowHeight, begin = x(Math.min(bar.from, bar.to) / 1e6), end = x(Math.max(bar.from, bar.to) / 1e6);
      svg.append('text').attr('class', 'row-name' + (bar.total ? ' strong' : '')).attr('x', left - 8).attr('y', y + 16).attr('text-anchor', 'end').text(name(bar));
      const box = svg.append('rect').attr('class', bar.color).attr('x', begin).attr('width', Math.max(1, end - begin)).attr('y', y + 3).attr('height', rowHeight - 6)
        .attr('tabindex', 0).attr('role', 'img').attr('aria-label', bar.name + ' ' + text.time(bar.ns));
      hint(box.node(), [bar.name, (bar.total ? '' : bar.ns >= 0 ? '+' : '−') + text.time(Math.abs(bar.ns)), ...(bar.lines || [])]);
      svg.append('text').attr('class', 'value').attr('x', Math.max(end, x(0)) + 5).attr('y', y + 16)
        .text((bar.total || bar.ns < 0 ? '' : '+') + text.ms(bar.ns, high).replace('-', '−'));
      if (i + 1 < bars.length && !bars[i + 1].total)
        svg.append('line').attr('class', 'link-line').attr('x1', x(bar.to / 1e6)).attr('x2', x(bar.to / 1e6)).attr('y1', y + rowHeight - 3).attr('y2', y + rowHeight + 3);
    });
    return bottom + 38;
  };
  return [chart(label + '; the numbers are in the table below', draw), note ? el('p', {class: 'note'}, note) : '',
    tableBehind(label, [{id: 'name', title: 'term', value: s => s.name},
      {id: 'ms', title: 'ms', number: true, value: s => s.ns, show: s => text.ms(s.ns, Math.max(...steps.map(t => Math.abs(t.ns))))},
      {id: 'lines', title: 'more', value: s => (s.lines || []).join('; ')}], steps)];
}

/** From nothing, or from the floor, to the measured step. */
function stepWaterfall(panel, model) {
  const steps = [];
  const kinds = [...model.kinds].filter(([kind]) => kind !== 'outside');
  if (model.hasFloors) {
    steps.push({name: 'floor of all kernels', ns: model.perThread(model.floorNs), total: true, color: 'c-floor', lines: ['what these kernels need at least on this machine']});
    for (const [kind] of kinds.sort((a, b) => b[1].ns - a[1].ns)) {
      const room = model.operations.filter(o => o.kind === kind).reduce((sum, o) => sum + (o.room || 0), 0);
      if (room) steps.push({name: nameOf('kind', kind) + ' above their floor', ns: model.perThread(room), color: colorOf('kind', kind)});
    }
  } else for (const [kind, sum] of kinds.sort((a, b) => b[1].ns - a[1].ns)) {
    if (sum.ns) steps.push({name: nameOf('kind', kind), ns: model.perThread(sum.ns), color: colorOf('kind', kind)});
  }
  for (const account of Object.keys(names.account)) {
    const ns = model.totalOf(account);
    if (ns) steps.push({name: nameOf('account', account), ns: model.perThread(ns), color: colorOf('account', account)});
  }
  steps.push({name: 'the step', ns: model.wall, total: true, color: 'c-total'});
  panel.append(part('What the step is made of', ...waterfall('waterfall of the step', steps, 'Thread time over ' +
    text.count(model.threads, 'thread') + ': the parts add up to the step exactly.')));
  panel.append(termsPart(model), speedupPart(model));
}

/** Why kernels are above their floor: by themselves, with cold caches, beside other threads. '' where that was not measured. */
function termsPart(model) {
  const measured = model.operations.filter(o => o.terms && !Array.isArray(o.terms));
  if (!measured.length) return '';
  const says = {floor_ns: 'floor', kernel_ns: 'the kernel by itself', cold_ns: 'cold caches', contention_ns: 'other threads'};
  const sums = Object.entries(says).map(([key, name]) => ({name, total: key === 'floor_ns', color: key === 'floor_ns' ? 'c-floor' : 'c-above',
    ns: model.perThread(measured.reduce((sum, o) => sum + (o.terms[key] || 0), 0)),
    lines: measured.slice().sort((a, b) => (b.terms[key] || 0) - (a.terms[key] || 0)).slice(0, 4).map(o => o.label + ' ' + text.time(model.perThread(o.terms[key] || 0)))}));
  const whole = measured.reduce((sum, o) => sum + o.median_ns, 0);
  return part('Why kernels are above their floor', ...waterfall('kernels above their floor', [...sums,
    {name: 'all kernels', ns: model.perThread(whole), total: true, color: 'c-total'}], 'Medians of all steps, over ' + text.count(model.threads, 'thread') + '.'));
}

/** Why n threads are not n times one, in thread time. */
function speedupPart(model) {
  const speedup = model.result.speedup;
  if (!speedup) return '';
  const steps = speedup.terms.map((term, i) => ({name: text.words(term.term), ns: term.ns, total: i === 0, color: i === 0 ? 'c-floor' : 'c-above'}));
  return part('Why ' + text.count(speedup.threads, 'thread') + ' are not ' + speedup.threads + ' times one: ' + text.short(speedup.factor) + ' times as fast',
    ...waterfall('thread time of the step', [...steps, {name: 'threads × the step', ns: steps.reduce((sum, s) => sum + s.ns, 0), total: true, color: 'c-total'}],
      'Thread time: the parts add up to ' + speedup.threads + ' × the median step.'));
}
