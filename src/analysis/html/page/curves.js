// Curves on two logarithmic scales, where a power is a straight line.

const curveColors = ['c-phase-forward', 'c-phase-backward', 'c-kind-pooling', 'c-kind-index', 'c-kind-activation', 'c-kind-bias', 'c-kind-loss', 'c-kind-update', 'c-kind-other'];

/**
 * series: [{name, points: [[x, y]], slope, note}]. `slope`, where given, is the exponent that theory says: a dashed line of it
 * starts at the first point. titles: {x, y}. What the lines are is said by colour, by name at their end, and in the table.
 */
function curves(label, series, titles, more) {
  const kept = series.map(s => ({...s, points: s.points.filter(([x, y]) => x > 0 && y > 0)})).filter(s => s.points.length)
    .map((s, i) => ({...s, color: curveColors[i % curveColors.length], dash: Math.floor(i / curveColors.length)}));
  if (!kept.length) return [el('p', {class: 'note'}, 'No values to draw.')];
  const all = kept.flatMap(s => s.points);
  const draw = (svg, width) => {
    const height = Math.min(430, Math.max(300, width * 0.45)), left = 62, right = width - Math.min(180, width * 0.28), top = 24, bottom = height - 40;
    const spread = ([low, high], by) => low === high ? [low / 2, high * 2] : [low / by, high * by];
    const x = d3.scaleLog(spread(d3.extent(all, p => p[0]), 1.1), [left, right]), y = d3.scaleLog(spread(d3.extent(all, p => p[1]), 1.3), [bottom, top]);
    const values = [...new Set(all.map(p => p[0]))].sort((a, b) => a - b);
    const bottomAxis = axis(svg, 'bottom', x, bottom, titles.x);
    if (values.length <= 14) bottomAxis.call(d3.axisBottom(x).tickValues(values).tickFormat(v => text.short(v)).tickSizeOuter(0));
    axis(svg, 'left', y, left, titles.y, 6, logTicks);
    const line = d3.line().x(p => x(p[0])).y(p => y(p[1]));
    const ends = [];
    for (const s of kept) {
      if (s.slope !== undefined && s.points.length > 1) {
        const [x0, y0] = s.points[0], to = s.points[s.points.length - 1][0], theory = d3.range(21).map(i => {
          const at = x0 * Math.pow(to / x0, i / 20);
          return [at, y0 * Math.pow(at / x0, s.slope)];
        }).filter(p => p[1] <= y.domain()[1] && p[1] >= y.domain()[0]);
        svg.append('path').attr('class', 'curve theory-line ' + s.color).attr('d', line(theory));
      }
      svg.append('path').attr('class', 'curve ' + s.color).attr('d', line(s.points)).attr('stroke-dasharray', s.dash ? '8 2 2 2' : null);
      for (const p of s.points) hint(svg.append('circle').attr('class', s.color).attr('cx', x(p[0])).attr('cy', y(p[1])).attr('r', 3.5)
        .attr('tabindex', 0).attr('role', 'img').attr('aria-label', s.name + ', ' + titles.x + ' ' + text.short(p[0]) + ', ' + text.short(p[1]) + ' ' + titles.y).node(),
        [s.name, titles.x + ' ' + text.short(p[0]) + ': ' + text.short(p[1]) + ' ' + titles.y, ...(s.note ? [s.note] : [])]);
      ends.push({name: s.name, at: y(s.points[s.points.length - 1][1]), from: x(s.points[s.points.length - 1][0])});
    }
    ends.sort((a, b) => a.at - b.at).forEach((end, i) => { if (i) end.at = Math.max(end.at, ends[i - 1].at + 12); });
    for (const end of ends) svg.append('text').attr('x', right + 8).attr('y', end.at + 4).text(end.name.length > 26 ? end.name.slice(0, 25) + '…' : end.name);
    return height;
  };
  const rows = kept.flatMap(s => s.points.map(([x, y]) => ({name: s.name, x, y, note: s.note || ''})));
  return [chart(label + '; the numbers are in the table below', draw, legend(kept.map(s => ({name: s.name, color: s.color, note: s.note})))), more || '',
    tableBehind(label, [{id: 'name', title: 'curve', value: r => r.name}, {id: 'x', title: titles.x, number: true, value: r => r.x, show: r => text.short(r.x)},
      {id: 'y', title: titles.y, number: true, value: r => r.y, show: r => text.short(r.y)}, {id: 'note', title: 'more', value: r => r.note}], rows)];
}
