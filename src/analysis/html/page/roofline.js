// Every operation by arithmetic intensity and rate, under the ceilings that were measured on this machine.

/** The ceilings of a machine's profile for a dtype: {peaks: [{name, value}], slopes: [{name, value}]} in GFLOP/s and GB/s. */
function ceilingsOf(machine, dtype, threads) {
  const best = new Map();
  for (const ceiling of machine.compute_ceilings || []) {
    if (ceiling.dtype !== dtype || ceiling.threads !== threads) continue;
    best.set(ceiling.isa, {name: ceiling.isa + ' ' + dtype, value: ceiling.flop_per_s / 1e9});
  }
  const slopes = new Map();
  for (const band of machine.bandwidth || []) {
    if (band.threads !== threads) continue;
    if (!slopes.has(band.level) || slopes.get(band.level).value < band.bytes_per_s / 1e9)
      slopes.set(band.level, {name: band.level, value: band.bytes_per_s / 1e9});
  }
  return {peaks: [...best.values()], slopes: [...slopes.values()]};
}

/** points: [{name, kind, intensity, rate, weight, lines}]; the picture alone. */
function drawRoofline(svg, width, points, ceilings) {
  const height = Math.min(430, Math.max(280, width * 0.45)), left = 56, wide = width >= 700, right = width - (wide ? 180 : 14), top = 24, bottom = height - 40;
  const peak = Math.max(...ceilings.peaks.map(p => p.value), ...points.map(p => p.rate), 1e-3);
  const low = Math.max(Math.min(...points.map(p => p.rate), peak / 100) * 0.7, peak / 1e6);
  const widest = Math.max(...points.map(p => p.intensity), ...ceilings.slopes.map(s => peak / s.value), 1);
  const x = d3.scaleLog([Math.min(...points.map(p => p.intensity), 0.1) * 0.7, widest * 2], [left, right]);
  const y = d3.scaleLog([low, peak * 1.6], [bottom, top]);
  axis(svg, 'bottom', x, bottom, 'executed FLOP per byte of operands', 8, logTicks);
  axis(svg, 'left', y, left, 'GFLOP/s on all threads', 8, logTicks);
  const clip = svg.append('g'), taken = [], widthOf = name => name.length * 6.2;
  const roof = Math.max(...ceilings.peaks.map(p => p.value), 0);
  for (const slope of ceilings.slopes) {
    const from = x.domain()[0], to = roof ? roof / slope.value : x.domain()[1];
    if (to <= from) continue;
    const start = Math.max(from, y.domain()[0] / slope.value);
    clip.append('line').attr('class', 'roof').attr('x1', x(start)).attr('y1', y(start * slope.value)).attr('x2', x(to)).attr('y2', y(to * slope.value));
    // Below the line, which rises away from it.
    const name = slope.name + ' ' + text.short(slope.value) + ' GB/s', below = y(start * slope.value) + 13;
    clip.append('text').attr('class', 'roof-name').attr('x', x(start) + 8).attr('y', below).text(name);
    taken.push({x: x(start) + 8, y: below - 10, w: widthOf(name), h: 13});
  }
  for (const p of ceilings.peaks) {
    const steepest = Math.max(...ceilings.slopes.map(s => s.value), 1e-9);
    const from = ceilings.slopes.length ? Math.max(x.domain()[0], p.value / steepest) : x.domain()[0];
    clip.append('line').attr('class', 'roof').attr('x1', x(from)).attr('x2', right).attr('y1', y(p.value)).attr('y2', y(p.value));
    // Beside the drawing where there is room: at its right end lie the products' points. On a phone the roof alone has its name.
    if (!wide && p.value < roof) continue;
    clip.append('text').attr('class', 'roof-name').attr('x', wide ? right + 6 : right).attr('y', y(p.value) + (wide ? 4 : -4)).attr('text-anchor', wide ? 'start' : 'end')
      .text(p.name + ' ' + text.short(p.value) + ' GFLOP/s');
    if (!wide) taken.push({x: right - 180, y: y(p.value) - 16, w: 180, h: 14});
  }
  const size = d3.scaleSqrt([0, Math.max(...points.map(p => p.weight), 1e-9)], [3, 13]);
  const heavy = points.slice().sort((a, b) => b.weight - a.weight);
  for (const p of heavy) {
    const dot = svg.append('circle').attr('class', 'dot ' + colorOf('kind', p.kind)).attr('tabindex', 0).attr('role', 'img')
      .attr('aria-label', p.lines.join(', ')).attr('cx', x(p.intensity)).attr('cy', y(Math.max(p.rate, y.domain()[0]))).attr('r', size(p.weight));
    hint(dot.node(), p.lines);
  }
  // The heaviest points carry their names: at the first side where these meet no other name and no other point.
  const boxes = points.map(p => ({p, x: x(p.intensity), y: y(Math.max(p.rate, y.domain()[0])), r: size(p.weight)}));
  const meets = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
  for (const {p, x: cx, y: cy, r} of heavy.slice(0, 14).map(p => boxes.find(box => box.p === p))) {
    const w = widthOf(p.name), h = 13, gap = r + 3;
    const place = [[cx + gap, cy - h / 2], [cx - gap - w, cy - h / 2], [cx - w / 2, cy - gap - h], [cx - w / 2, cy + gap]].map(([bx, by]) => ({x: bx, y: by, w, h}))
      .find(box => box.x >= left && box.x + w <= right && !taken.some(t => meets(box, t)) &&
        !boxes.some(b => b.p !== p && meets(box, {x: b.x - b.r, y: b.y - b.r, w: 2 * b.r, h: 2 * b.r})));
    if (!place) continue;
    taken.push(place);
    svg.append('text').attr('class', 'dot-name').attr('x', place.x).attr('y', place.y + 10).text(p.name);
  }
  return height;
}

function rooflineTab(panel, model) {
  const points = [], without = [];
  for (const o of model.operations) {
    if (!(o.median_ns > 0)) continue;
    const e = o.executed || {}, flop = (e.mul || 0) + (e.add || 0) + (e.div || 0), bytes = o.bytes_read + o.bytes_written;
    if (!flop || !bytes) { without.push(o); continue; }
    const rate = flop / o.median_ns * model.threads, intensity = flop / bytes;
    points.push({name: o.label, kind: o.kind, intensity, rate, weight: o.share, operation: o, bytes, lines: [o.label,
      text.short(rate) + ' GFLOP/s executed at ' + text.short(intensity) + ' FLOP/byte', text.percent(o.share) + ' of the step',
      ...(o.bound_by ? ['bound by ' + o.bound_by + ', ' + text.percent(o.floor_ns / o.median_ns) + ' of its floor'] : [])]});
  }
  if (!points.length) return false;
  const ceilings = ceilingsOf(model.result.machine || {}, model.result.dtype, model.threads);
  const kinds = [...new Set(points.map(p => p.kind))];
  panel.append(part('Roofline: how fast each operation runs, and what bounds it',
    ceilings.peaks.length ? '' : el('p', {class: 'note'}, 'The roof is missing: this result has no ceilings of the machine. ',
      commandLine('tacho machine'), ' measures and keeps them for the next run.'),
    chart('Roofline of ' + points.length + ' operations; the numbers are in the table below', (svg, width) =>
      drawRoofline(svg, width, points, ceilings), legend(kinds.map(kind => ({name: nameOf('kind', kind), color: colorOf('kind', kind)})))),
    el('p', {class: 'note'}, 'Area of a point: its share of the step. Far below the roof: the kernel could be faster. Under the slope: only less data helps. ' +
      (without.length ? text.count(without.length, 'row') + ' without arithmetic (moves, comparisons, copies) stand in the table of operations only.' : '')),
    tableBehind('roofline', [{id: 'name', title: 'operation', value: p => p.name},
      {id: 'flop', title: 'FLOP/byte', number: true, value: p => p.intensity, show: p => text.short(p.intensity)},
      {id: 'rate', title: 'GFLOP/s executed', number: true, value: p => p.rate, show: p => text.short(p.rate)},
      {id: 'bytes', title: 'bytes', number: true, value: p => p.bytes, show: p => text.bytes(p.bytes)},
      {id: 'share', title: 'time %', number: true, value: p => p.weight, show: p => (p.weight * 100).toFixed(1)}], points)));
}
