// Frames for drawings: an SVG that is drawn again when the window's width changes.

const chartDrawers = [];

/** A figure: draw(svg, width) draws into an empty d3 selection and returns the height. */
function chart(label, draw, ...below) {
  const svg = d3.create('svg').attr('role', 'group').attr('aria-label', label);
  const redraw = () => {
    const width = Math.max(300, document.getElementById('panels').clientWidth - 26);
    svg.selectAll('*').remove();
    const height = draw(svg, width);
    svg.attr('viewBox', '0 0 ' + width + ' ' + height).attr('width', width).attr('height', height);
  };
  chartDrawers.push(redraw);
  redraw();
  return el('figure', {class: 'chart'}, svg.node(), ...below);
}

let redrawTimer = 0, drawnWidth = 0;
window.addEventListener('resize', () => {
  clearTimeout(redrawTimer);
  redrawTimer = setTimeout(() => {
    const width = document.documentElement.clientWidth;
    if (width !== drawnWidth) chartDrawers.forEach(redraw => redraw());
    drawnWidth = width;
  }, 150);
});

/** An axis with its title. side: 'bottom' or 'left'; `at` is its position on the other axis. */
function axis(svg, side, scale, at, title, ticks, format) {
  const make = side === 'bottom' ? d3.axisBottom(scale) : d3.axisLeft(scale);
  make.ticks(ticks || 6).tickSizeOuter(0);
  if (format) make.tickFormat(format);
  const group = svg.append('g').attr('class', 'axis')
    .attr('transform', side === 'bottom' ? 'translate(0,' + at + ')' : 'translate(' + at + ',0)').call(make);
  const range = scale.range();
  group.append('text').attr('class', 'title').text(title)
    .attr('x', side === 'bottom' ? range[1] : 6).attr('y', side === 'bottom' ? 32 : Math.min(...range) - 8)
    .attr('text-anchor', side === 'bottom' ? 'end' : 'start');
  return group;
}

/** Powers of ten and, where there is room, of two, as "0.1", "1", "100". */
function logTicks(value) {
  return Math.abs(Math.log10(value) % 1) < 1e-9 || Math.abs(Math.log10(value) % 1) > 1 - 1e-9 ? (value >= 1 ? text.short(value) : String(+value.toPrecision(1))) : '';
}
