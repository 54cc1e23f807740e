// The median step, thread by thread. Wheel, pinch or the buttons zoom; dragging moves.

function timelineTab(panel, model) {
  const {timeline} = model.result;
  if (!timeline || !timeline.threads.length) return false;
  let transform = d3.zoomIdentity, redraw = () => {}, node;
  const zoom = d3.zoom().scaleExtent([1, Math.max(1, timeline.ns / 500)]);
  const rowHeight = model.threads > 8 ? 22 : 38;
  const left = 66, top = 8;
  const position = el('span', {class: 'note', role: 'status'});

  function draw(svg, width) {
    const right = width - 10, bottom = top + model.threads * rowHeight, height = bottom + 38;
    const base = d3.scaleLinear([0, timeline.ns / 1e6], [left, right]);
    const axisGroup = svg.append('g'), rows = svg.append('g');
    timeline.threads.forEach((thread, t) => svg.append('text').attr('class', 'row-name').attr('x', left - 8)
      .attr('y', top + (t + 0.5) * rowHeight + 4).attr('text-anchor', 'end').text('thread ' + thread.thread));
    redraw = () => {
      const x = transform.rescaleX(base);
      axisGroup.selectAll('*').remove();
      axis(axisGroup, 'bottom', x, bottom, 'ms after the step began');
      rows.selectAll('*').remove();
      timeline.threads.forEach((thread, t) => drawThread(rows, thread, t, x, right));
      const [from, to] = x.domain();
      position.textContent = transform.k > 1 ? text.short(from) + ' to ' + text.short(to) + ' ms' : 'the whole step';
    };
    zoom.extent([[left, 0], [right, height]]).translateExtent([[left, 0], [right, height]])
      .on('zoom', () => { transform = d3.event.transform; redraw(); });
    svg.call(zoom);
    node = svg;
    redraw();
    return height;
  }

  // Intervals too narrow to see are drawn together with their neighbours, in the colour of what takes most of them.
  function drawThread(rows, thread, t, x, right) {
    const y = top + t * rowHeight + 2, [from, to] = x.domain().map(ms => ms * 1e6);
    let i = Math.max(0, d3.bisectRight(thread.at_ns, from) - 1);
    while (i < thread.at_ns.length && thread.at_ns[i] < to) {
      const first = i, begin = Math.max(left, x(thread.at_ns[i] / 1e6)), parts = new Map();
      let end;
      do {
        const until = i + 1 < thread.at_ns.length ? thread.at_ns[i + 1] : timeline.ns, state = thread.state[i];
        parts.set(state, (parts.get(state) || 0) + until - thread.at_ns[i]);
        end = Math.min(right, x(until / 1e6));
        ++i;
      } while (i < thread.at_ns.length && thread.at_ns[i] < to && end - begin < 1.2);
      const [most] = [...parts].sort((a, b) => b[1] - a[1])[0], state = timeline.states[most];
      const kernel = state.account === 'kernel', many = i - first > 1;
      const label = kernel ? model.label(state.node) : nameOf('account', state.account);
      const box = rows.append('rect').attr('class', kernel ? colorOf('phase', state.phase) : colorOf('account', state.account))
        .attr('x', begin).attr('width', Math.max(0.4, end - begin - (end - begin > 4 ? 0.7 : 0))).attr('y', y).attr('height', rowHeight - 4);
      hint(box.node(), () => [(many ? 'mostly ' : '') + label, text.time(thread.at_ns[first]) + ' + ' +
        text.time(d3.sum([...parts.values()])), ...(many ? [text.count(i - first, 'interval') + ': zoom in'] : kernel ? [state.node] : [])]);
      if (end - begin > label.length * 6.3 + 6)
        rows.append('text').attr('class', 'box-name ' + (kernel ? colorOf('phase', state.phase) : colorOf('account', state.account)))
          .attr('x', begin + 4).attr('y', y + rowHeight / 2 + 2).text(label);
    }
  }
  const press = (label, title, act) => el('button', {type: 'button', 'aria-label': title, title, click: act}, label);
  const controls = el('div', {class: 'controls'}, press('+', 'zoom in', () => node.call(zoom.scaleBy, 2)),
    press('−', 'zoom out', () => node.call(zoom.scaleBy, 0.5)), press('◀', 'earlier', () => node.call(zoom.translateBy, 120 / transform.k, 0)),
    press('▶', 'later', () => node.call(zoom.translateBy, -120 / transform.k, 0)),
    press('whole step', 'the whole step', () => node.call(zoom.transform, d3.zoomIdentity)), position);
  const keys = [...new Set(timeline.states.map(s => s.account === 'kernel' ? 'phase:' + s.phase : 'account:' + s.account))].map(key => key.split(':'));
  const rows = [];
  timeline.threads.forEach((thread, t) => { for (const [key, ns] of model.ledger[t]) rows.push({thread: t, key, ns}); });
  panel.append(part('Timeline of the median step, ' + text.ms(timeline.ns) + ' ms', controls,
    chart('Timeline of ' + text.count(model.threads, 'thread') + '; the sums are in the table below', draw,
      legend(keys.map(([group, key]) => ({name: nameOf(group, key), color: colorOf(group, key)})))),
    tableBehind('time of each thread', [{id: 'thread', title: 'thread', number: true, value: r => r.thread},
      {id: 'what', title: 'account', value: r => nameOf(r.key in names.phase ? 'phase' : 'account', r.key)},
      {id: 'ms', title: 'ms', number: true, value: r => r.ns, show: r => text.ms(r.ns, timeline.ns)},
      {id: 'share', title: '%', number: true, value: r => r.ns, show: r => (r.ns / timeline.ns * 100).toFixed(1)}], rows)));
}
