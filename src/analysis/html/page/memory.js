// The arenas: every tensor as a box from the node that writes it first to the one that reads it last, at its place.

function memoryTab(panel, model) {
  const memory = model.result.memory;
  if (!memory || !memory.arenas) return false;
  const used = memory.arenas.filter(arena => arena.bytes > 0), threads = model.threads;
  const sums = used.map(arena => (arena.copies > 1 ? arena.copies + ' × ' : '') + text.bytes(arena.bytes) + ' ' + arenaName(arena));
  if (memory.workspace_bytes_per_thread) sums.push(threads + ' × ' + text.bytes(memory.workspace_bytes_per_thread) + ' workspace of kernels');
  const apart = memory.sum_of_sizes_bytes > memory.planned_bytes ? ' With memory of its own for every value it would be ' +
    text.bytes(memory.sum_of_sizes_bytes) + '.' : '';
  panel.append(part('Memory', el('p', {}, el('strong', {}, text.bytes(memory.planned_bytes) + ' planned'), ' = ' + sums.join(' + ') + '.' + apart),
    el('p', {}, 'Beside it: weights and their optimiser’s state ' + text.bytes(memory.variable_bytes) + ', examples ' + text.bytes(memory.input_bytes) +
      (memory.constant_bytes ? ', constants ' + text.bytes(memory.constant_bytes) : '') + '. Peak of the whole process, with data and libraries: ' +
      text.bytes(memory.peak_rss_bytes) + '.')));
  for (const arena of used) panel.append(arenaPart(memory, arena, model));
}

function arenaName(arena) {
  return arena.arena === 'shared' ? 'shared by all threads' : arena.arena === 'thread' ? 'of each thread' : arena.arena;
}

function arenaPart(memory, arena, model) {
  const name = tensor => tensor.kind === 'partial' ? model.label(tensor.node) + ', partial sums' : labelOfPath(tensor.node, model);
  const peak = arena.peak, alive = peak.tensors.map(i => arena.tensors[i]);
  const gaps = arena.bytes - peak.live_bytes;
  const draw = (svg, width) => {
    const height = 260, left = 66, right = width - 10, top = 20, bottom = height - 34;
    const x = d3.scaleLinear([0, memory.order.length], [left, right]), y = d3.scaleLinear([0, arena.bytes], [bottom, top]);
    axis(svg, 'bottom', x, bottom, 'node of the schedule, first to last', 8);
    axis(svg, 'left', y, left, 'place in the arena', 5, value => text.bytes(value));
    const at = x(peak.position + 0.5);
    for (const tensor of arena.tensors) {
      const box = svg.append('rect').attr('class', 'tensor ' + colorOf('phase', tensor.phase)).attr('x', x(tensor.first))
        .attr('width', Math.max(1, x(tensor.last + 1) - x(tensor.first))).attr('y', y(tensor.offset + tensor.bytes))
        .attr('height', Math.max(1, y(tensor.offset) - y(tensor.offset + tensor.bytes)));
      hint(box.node(), [name(tensor), text.bytes(tensor.bytes) + ' at ' + text.bytes(tensor.offset), 'from ' + memory.order[tensor.first] +
        ' to ' + memory.order[tensor.last], ...tensor.reuse.map(node => 'then ' + node)]);
      const title = name(tensor), long = title.length * 6.3;
      // Behind the peak's line where that would run through the name.
      const begin = x(tensor.first) + 4 < at && at < x(tensor.first) + 8 + long ? at + 4 : x(tensor.first) + 4;
      if (begin + long < x(tensor.last + 1) && y(tensor.offset) - y(tensor.offset + tensor.bytes) > 13)
        svg.append('text').attr('class', 'box-name ' + colorOf('phase', tensor.phase)).attr('x', begin)
          .attr('y', y(tensor.offset + tensor.bytes / 2) + 4).text(title);
    }
    svg.append('line').attr('class', 'marker').attr('x1', at).attr('x2', at).attr('y1', top - 6).attr('y2', bottom);
    svg.append('text').attr('class', 'marker-name').attr('x', Math.min(at + 4, right - 40)).attr('y', top - 8).text('peak');
    return height;
  };
  return part('Arena ' + arenaName(arena) + ': ' + text.bytes(arena.bytes),
    el('p', {}, 'Fullest at ', el('strong', {}, memory.order[peak.position]), ': ' + text.count(alive.length, 'tensor') + ', ' + text.bytes(peak.live_bytes) +
      '; gaps between lifetimes ' + text.bytes(gaps) + '. Largest: ' + alive.slice(0, 3).map(t => name(t) + ' ' + text.percent(t.bytes / peak.live_bytes)).join(', ') + '.'),
    chart('Tensors of the arena over the step; the table below lists them', draw,
      legend([...new Set(arena.tensors.map(t => t.phase))].map(phase => ({name: 'written in ' + phase, color: colorOf('phase', phase)})))),
    tableBehind('tensors of the arena ' + arenaName(arena), [{id: 'name', title: 'tensor', value: name}, {id: 'layer', title: 'layer', value: t => t.layer},
      {id: 'bytes', title: 'size', number: true, value: t => t.bytes, show: t => text.bytes(t.bytes)},
      {id: 'peak', title: 'share of the peak', number: true, value: t => alive.includes(t) ? t.bytes / peak.live_bytes : undefined,
        show: t => alive.includes(t) ? text.percent(t.bytes / peak.live_bytes) : ''},
      {id: 'offset', title: 'place', number: true, value: t => t.offset, show: t => text.bytes(t.offset)},
      {id: 'first', title: 'first', number: true, value: t => t.first}, {id: 'last', title: 'last', number: true, value: t => t.last},
      {id: 'from', title: 'written by', value: t => t.node}, {id: 'to', title: 'last read by', value: t => memory.order[t.last]}], arena.tensors));
}

/** A row's label, with what the plan put behind its path (":pack0"). */
function labelOfPath(path, model) {
  if (model.byNode.has(path)) return model.byNode.get(path).label;
  const colon = path.lastIndexOf(':');
  return colon > 0 && model.byNode.has(path.slice(0, colon)) ? model.byNode.get(path.slice(0, colon)).label + ' ' + path.slice(colon + 1) : path;
}
